comment on column delivery.body is 'The raw bytes as they were signed, or our own pointer for the poll; empty once forgotten or erased. Personal data.';
comment on column note.lead is 'The note''s first line, of a backfill''s as well; null without a note, and once forgotten or erased, or not kept after posting. Quotes the customer: personal data.';
