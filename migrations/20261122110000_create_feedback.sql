create table feedback (
    source     text        not null,
    ticket_id  text        not null,
    message_id text        not null,
    id         uuid        not null,
    verdict    text        not null,
    given_at   timestamptz not null default now(),
    constraint feedback_pkey primary key (source, ticket_id, message_id, id),
    constraint feedback_verdict_known check (verdict in ('useful', 'not_true', 'true_but_not_news'))
);

comment on table feedback is 'What agents thought of notes, by the links below a note. Who clicked is not kept.';
comment on column feedback.source is 'The connected helpdesk account.';
comment on column feedback.ticket_id is 'The ticket.';
comment on column feedback.message_id is 'The message that the note is about, see note.';
comment on column feedback.id is 'One for each click.';
comment on column feedback.verdict is 'useful, not_true or true_but_not_news.';
comment on column feedback.given_at is 'When it was given.';

create view note_feedback as
select note.source, detector_of.detector,
       count(*) filter (where verdict = 'useful') as useful,
       count(*) filter (where verdict = 'true_but_not_news') as true_but_not_news,
       count(*) filter (where verdict = 'not_true') as not_true
from feedback
join note using (source, ticket_id, message_id)
cross join lateral (
    select distinct signal.detector from signal
    where signal.source = note.source and signal.ticket_id = note.ticket_id and signal.message_id = note.message_id
) as detector_of
group by note.source, detector_of.detector;

comment on view note_feedback is 'Verdicts on notes by the detectors that they rest on; a note that rests on two counts for both.';
