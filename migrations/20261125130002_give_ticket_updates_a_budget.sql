alter table account add column update_turns timestamptz[] not null default '{}';
comment on column account.update_turns is 'The latest turns given for updating a ticket, past and to come, oldest first: as many as the source may have in a minute. Shared by all replicas.';

alter table note add column turn_at timestamptz;
comment on column note.turn_at is 'When its turn in the source''s budget of ticket updates comes; null where it waits for none.';
