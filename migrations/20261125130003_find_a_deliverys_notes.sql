create index note_unposted on note (source, delivery_id) where state in ('pending', 'failed');
