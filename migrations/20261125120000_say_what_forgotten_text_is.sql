-- Text goes by itself now, or by `undertone erase`: what is left in its place.
comment on column delivery.body is 'The raw bytes as they were signed; empty once forgotten or erased. Personal data.';
comment on column delivery.reason is 'Why it was ignored (erased: its requester was), why it failed, or what the last attempt ran into. A fixed word, never text of the customer.';
comment on column ticket.subject is 'The ticket''s subject; empty once forgotten or erased, or never kept. Personal data.';
comment on column message.text is 'The customer''s message as plain text; evidence offsets count its characters. Null for agents, and once forgotten or erased, or never kept. Personal data.';
comment on column signal.evidence is 'List of {start, end, quote, quote_hash, cue}: substr(message.text, start + 1, end - start) = quote. Without the quote once forgotten or never kept; quote_hash (a keyed hash, where keep_text is not forever) stays, and goes with an erasure. Empty where records alone speak. Personal data.';
comment on column signal.facts is 'What is known beside the quotes, by detector: deadline_at, hours_left, contacts, duration_days, record_tickets, amount, currency, words, .. deadline_text and duration_text are the customer''s words, and go with them.';
comment on column note.reason is 'Why: noteworthy, nothing_noteworthy, already_noted, agent_just_replied, event_too_old, ticket_closed, ticket_spam, ticket_deleted, not_read, erased, ..';
comment on column note.lead is 'The note''s first line; null without a note, and once forgotten or erased, or not kept after posting. Quotes the customer: personal data.';
comment on column note.text is 'The note as plain text; null like lead. Quotes the customer: personal data.';
comment on column note.html is 'The note as posted; null like lead. Quotes the customer: personal data.';
comment on column draft_check.items is 'List of {check, customer_quote, draft_quote, question}, at most two; without the quotes once forgotten or erased, or never kept. Personal data.';
comment on column draft_check.draft_digest is 'A hash of the draft''s words, keyed with the source''s webhook secret, to tell later whether it was sent as it was. Null once that is known, or forgotten.';

-- Earlier digests were keyed with the source's name, which is no secret.
update draft_check set draft_digest = null where draft_digest is not null;
