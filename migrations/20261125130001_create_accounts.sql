create table account (
    source       text        not null,
    reason       text,
    paused_since timestamptz,
    paused_until timestamptz,
    probes       integer     not null default 0,
    resumed_at   timestamptz,
    constraint account_pkey primary key (source)
);

comment on table account is 'Connected helpdesk accounts that are, or were, paused: no call goes out then. Shared by all replicas. No row: never paused.';
comment on column account.source is 'The connected helpdesk account, by its short name in the configuration.';
comment on column account.reason is 'helpdesk_rate_limited or helpdesk_unavailable: paused until paused_until, and over then. helpdesk_unauthorized or helpdesk_forbidden: paused until a probe is let in. Null: not paused.';
comment on column account.paused_since is 'When the latest pause began.';
comment on column account.paused_until is 'When it ends by itself; where the credentials are refused, when they are tried next.';
comment on column account.probes is 'How often refused credentials were tried again in a row. The pauses between grow with it, from 2 seconds to 5 minutes.';
comment on column account.resumed_at is 'When refused credentials last worked again.';
