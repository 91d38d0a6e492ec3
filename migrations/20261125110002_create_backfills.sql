create table backfill (
    source       text        not null,
    asked_since  timestamptz not null,
    started_at   timestamptz not null,
    since        timestamptz not null,
    cursor       text,
    tickets_read bigint      not null default 0,
    finished_at  timestamptz,
    constraint backfill_pkey primary key (source)
);

comment on table backfill is 'How far the latest backfill of a source has got; a second start goes on from here.';
comment on column backfill.source is 'The connected helpdesk account.';
comment on column backfill.asked_since is 'Tickets that changed after this are read.';
comment on column backfill.started_at is 'When it began. What was written in the six hours before is left to webhooks and poll, which may post notes.';
comment on column backfill.since is 'What changed before this has been read, by the helpdesk''s clock.';
comment on column backfill.cursor is 'The helpdesk''s name for the page to come, where it has one.';
comment on column backfill.tickets_read is 'Tickets read so far.';
comment on column backfill.finished_at is 'When it was done; null while it is not.';

alter table note alter column delivery_id drop not null;
comment on column note.delivery_id is 'The webhook that led to it, see delivery; null for a backfill.';
comment on column note.reason is 'Why: noteworthy, nothing_noteworthy, already_noted, agent_just_replied, event_too_old, ticket_closed, ticket_spam, ticket_deleted, not_read, backfill (would have been posted), ..';
comment on column note.lead is 'The note''s first line, of a backfill''s as well. Quotes the customer: personal data.';
