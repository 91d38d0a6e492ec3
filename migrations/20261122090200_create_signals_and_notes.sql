create table signal (
    source           text        not null,
    ticket_id        text        not null,
    message_id       text        not null,
    detector         text        not null,
    kind             text        not null,
    strength         text        not null,
    evidence         jsonb       not null,
    facts            jsonb       not null,
    detector_version integer     not null,
    language         text        not null,
    sent_at          timestamptz not null,
    detected_at      timestamptz not null default now(),
    constraint signal_pkey primary key (source, ticket_id, message_id, detector, kind),
    constraint signal_strength_known check (strength in ('clear', 'possible'))
);

create index signal_by_day on signal (source, sent_at);

comment on table signal is 'What was found beneath a message. About the customer''s words alone; nothing here is about an agent.';
comment on column signal.source is 'The connected helpdesk account.';
comment on column signal.ticket_id is 'The ticket.';
comment on column signal.message_id is 'The message, see message.';
comment on column signal.detector is 'urgency, repeat_follow_up, emotional_language or amount_mismatch.';
comment on column signal.kind is 'What exactly: deadline, blocked, hurry; chase, records; anger, frustration, fear, sadness, unheard, churn, gratitude, joy; small_amount.';
comment on column signal.strength is 'clear: the words say it; possible: the words allow it.';
comment on column signal.evidence is 'List of {start, end, quote, cue}: substr(message.text, start + 1, end - start) = quote. Empty where records alone speak. Personal data.';
comment on column signal.facts is 'What is known beside the quotes, by detector: deadline_at, hours_left, contacts, duration_days, record_tickets, amount, currency, words, ..';
comment on column signal.detector_version is 'Raised whenever the same message could give other signals.';
comment on column signal.language is 'The message''s language, ISO 639-1.';
comment on column signal.sent_at is 'When the message was written.';
comment on column signal.detected_at is 'When it was read.';

create table note (
    source       text        not null,
    ticket_id    text        not null,
    message_id   text        not null,
    delivery_id  uuid        not null,
    state        text        not null,
    reason       text        not null,
    kinds        text[]      not null,
    lead         text,
    text         text,
    html         text,
    marker       text,
    decided_at   timestamptz not null default now(),
    attempted_at timestamptz,
    posted_at    timestamptz,
    comment_id   text,
    audit_id     text,
    constraint note_pkey primary key (source, ticket_id, message_id),
    constraint note_state_known check (state in ('posted', 'shadow', 'withheld', 'pending', 'failed'))
);

create unique index note_once_per_ticket on note (source, ticket_id) where state in ('pending', 'posted', 'shadow');
create index note_by_day on note (source, decided_at);

comment on table note is 'What was decided for each message that was read: a note, or silence and why. At most one note per ticket.';
comment on column note.source is 'The connected helpdesk account.';
comment on column note.ticket_id is 'The ticket.';
comment on column note.message_id is 'The message that the decision is about.';
comment on column note.delivery_id is 'The webhook that led to it, see delivery.';
comment on column note.state is 'posted; shadow: would have been posted; withheld: see reason; pending: decided, not yet confirmed on the ticket; failed: given up.';
comment on column note.reason is 'Why: noteworthy, nothing_noteworthy, already_noted, agent_just_replied, event_too_old, ticket_closed, ticket_spam, ticket_deleted, not_read, ..';
comment on column note.kinds is 'The kinds of the signals it rests on.';
comment on column note.lead is 'The note''s first line. Quotes the customer: personal data.';
comment on column note.text is 'The note as plain text. Quotes the customer: personal data.';
comment on column note.html is 'The note as posted. Quotes the customer: personal data.';
comment on column note.marker is 'The line by which we find the note on the ticket.';
comment on column note.decided_at is 'When it was decided.';
comment on column note.attempted_at is 'When the last call to post it began. Set before the call, so that an unknown outcome is known as such.';
comment on column note.posted_at is 'When it was confirmed on the ticket.';
comment on column note.comment_id is 'The helpdesk''s id of the note.';
comment on column note.audit_id is 'Zendesk''s id of the change that added it.';
