create table requester (
    source       text        not null,
    requester_id text        not null,
    locale       text,
    time_zone    text,
    seen_at      timestamptz not null default now(),
    constraint requester_pkey primary key (source, requester_id)
);

comment on table requester is 'The people who write to the helpdesk. No name and no address: the helpdesk has them.';
comment on column requester.source is 'The connected helpdesk account.';
comment on column requester.requester_id is 'The helpdesk''s id of this person.';
comment on column requester.locale is 'As the helpdesk has it, "en-GB". Often an account default.';
comment on column requester.time_zone is 'IANA name; null where the helpdesk does not say.';
comment on column requester.seen_at is 'When this was last read.';

create table ticket (
    source       text        not null,
    ticket_id    text        not null,
    requester_id text,
    subject      text        not null,
    status       text        not null,
    channel      text        not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    follow_up_of text,
    reopens      integer     not null default 0,
    seen_at      timestamptz not null default now(),
    constraint ticket_pkey primary key (source, ticket_id),
    constraint ticket_status_known check (status in ('open', 'pending', 'solved', 'closed', 'spam', 'deleted'))
);

create index ticket_by_requester on ticket (source, requester_id, created_at desc);

comment on table ticket is 'Tickets as last read. The helpdesk is the truth.';
comment on column ticket.source is 'The connected helpdesk account.';
comment on column ticket.ticket_id is 'The helpdesk''s id of the ticket.';
comment on column ticket.requester_id is 'Who asked, see requester.';
comment on column ticket.subject is 'The ticket''s subject. Personal data.';
comment on column ticket.status is 'open, pending, solved, closed, spam or deleted; a custom status counts as open.';
comment on column ticket.channel is 'How it came in, in the helpdesk''s word.';
comment on column ticket.created_at is 'When it was created, by the helpdesk.';
comment on column ticket.updated_at is 'When it last changed, by the helpdesk.';
comment on column ticket.follow_up_of is 'The closed ticket that this one follows up.';
comment on column ticket.reopens is 'How often it was solved and opened again, where the helpdesk says so.';
comment on column ticket.seen_at is 'When this was last read.';

create table message (
    source        text        not null,
    ticket_id     text        not null,
    message_id    text        not null,
    author        text        not null,
    sent_at       timestamptz not null,
    text          text,
    words         integer     not null,
    about_amount  boolean     not null default false,
    language      text,
    unread_reason text,
    seen_at       timestamptz not null default now(),
    constraint message_pkey primary key (source, ticket_id, message_id),
    constraint message_author_known check (author in ('customer', 'agent'))
);

create index message_about_amounts on message (source, sent_at desc) where about_amount;

comment on table message is 'Public messages of a ticket, the customer''s and the agents''. Agents'' words are not kept.';
comment on column message.source is 'The connected helpdesk account.';
comment on column message.ticket_id is 'The ticket it belongs to.';
comment on column message.message_id is 'The helpdesk''s id of the comment, or "description" for the message that opened the ticket.';
comment on column message.author is 'customer or agent. Which agent is not kept.';
comment on column message.sent_at is 'When it was written, by the helpdesk.';
comment on column message.text is 'The customer''s message as plain text; evidence offsets count its characters. Null for agents. Personal data.';
comment on column message.words is 'How many words of their own the customer wrote; quoted history and signatures do not count. 0 for agents.';
comment on column message.about_amount is 'Whether it names a sum of money: what "usual length" is measured on.';
comment on column message.language is 'ISO 639-1; null where it is too short or unclear.';
comment on column message.unread_reason is 'Why it was not read: unsupported_language, empty_text, system_text, .. Null when it was.';
comment on column message.seen_at is 'When this was read.';
