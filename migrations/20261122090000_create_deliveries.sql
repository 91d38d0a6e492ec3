create table delivery (
    source        text        not null,
    id            uuid        not null,
    dedup_key     text        not null,
    invocation_id text,
    ticket_id     text,
    body          bytea       not null,
    received_at   timestamptz not null default now(),
    state         text        not null default 'waiting',
    reason        text,
    attempts      integer     not null default 0,
    retry_at      timestamptz,
    finished_at   timestamptz,
    constraint delivery_pkey primary key (source, id),
    constraint delivery_dedup_key_unique unique (source, dedup_key),
    constraint delivery_state_known check (state in ('waiting', 'done', 'ignored', 'failed')),
    constraint delivery_ticket_id_is_a_number check (ticket_id ~ '^[0-9]{1,20}$')
);

create index delivery_unfinished on delivery (source, received_at) where state in ('waiting', 'failed');

comment on table delivery is 'Every verified webhook, kept before it was answered. One row per event, however often it was sent.';
comment on column delivery.source is 'The connected helpdesk account, by its short name in the configuration.';
comment on column delivery.id is 'Ours, in order of arrival (UUID version 7).';
comment on column delivery.dedup_key is 'What makes a repeat the same delivery: the event''s own id, else a hash of the body.';
comment on column delivery.invocation_id is 'The helpdesk''s id of this call, for finding it in its log. Not signed, so only informative.';
comment on column delivery.ticket_id is 'The ticket it is about; null where none could be found in the body.';
comment on column delivery.body is 'The raw bytes as they were signed. Personal data.';
comment on column delivery.received_at is 'When it was kept.';
comment on column delivery.state is 'waiting: to be worked on (or tried again at retry_at); done; ignored: nothing for us, see reason; failed: given up, see reason.';
comment on column delivery.reason is 'Why it was ignored, why it failed, or what the last attempt ran into. A fixed word, never text of the customer.';
comment on column delivery.attempts is 'How often it was worked on.';
comment on column delivery.retry_at is 'When a waiting delivery is tried again after a failed attempt.';
comment on column delivery.finished_at is 'When it became done, ignored or failed.';
