-- One note a ticket was kept by an index; now a message that says something new in kind may earn a further one.
-- A release that knows nothing of this leaves `ordinal` at 1, so that for it the index still means one note a ticket.
alter table note add column ordinal integer not null default 1;
alter table note add column replaces text;
alter table note add constraint note_ordinal_counts check (ordinal >= 1);

drop index note_once_per_ticket;
create unique index note_once_per_ordinal on note (source, ticket_id, ordinal)
    where purpose = 'context' and state in ('pending', 'posted', 'shadow');

comment on table note is 'What was decided for each message that was read: a note, or silence and why. A further note on a ticket says something new in kind.';
comment on column note.ordinal is 'Which note of its ticket this is, from 1; two messages worked on at once cannot both be the first. Says nothing where there is silence.';
comment on column note.replaces is 'The message whose note this one took the place of, where the helpdesk lets a note be changed; null for a note of its own.';
