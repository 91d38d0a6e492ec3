-- The notes of a source's last 24 hours are counted for each note that is to be posted.
create index note_counted on note (source, decided_at) where state in ('pending', 'posted', 'shadow');
