create table draft_check (
    source       text        not null,
    ticket_id    text        not null,
    draft_id     text        not null,
    message_id   text,
    trigger      text        not null,
    items        jsonb       not null,
    adapted      text[]      not null,
    incomplete   boolean     not null,
    reason       text,
    draft_digest bytea,
    sent_changed boolean,
    agent        text,
    asked_at     timestamptz not null default now(),
    constraint draft_check_pkey primary key (source, ticket_id, draft_id)
);

create index draft_check_by_week on draft_check (source, asked_at);

comment on table draft_check is 'What a look at a drafted reply showed, for calibration. One row a draft: its latest look. Nothing here counts or grades an agent.';
comment on column draft_check.source is 'The connected helpdesk account.';
comment on column draft_check.ticket_id is 'The ticket.';
comment on column draft_check.draft_id is 'The draft''s id by the app, or "note:<comment>" for a drafting bot''s private note.';
comment on column draft_check.message_id is 'The customer''s message it answers, see message; null when none was read.';
comment on column draft_check.trigger is 'What asked for the look: typing, ticket.save, ticket.sendReply, button, draft_note, ..';
comment on column draft_check.items is 'List of {check, customer_quote, draft_quote, question}, at most two. Personal data.';
comment on column draft_check.adapted is 'What the draft does well: short_reply_to_stated_hurry, named_the_fact, ..';
comment on column draft_check.incomplete is 'Whether the look was cut short and answered with no items.';
comment on column draft_check.reason is 'Why there were no items, where that was not for want of findings: time_is_up, ticket_not_known, not_a_public_reply, ..';
comment on column draft_check.draft_digest is 'A keyed hash of the draft''s words, to tell later whether it was sent as it was.';
comment on column draft_check.sent_changed is 'Whether the reply that was sent has other words than the draft; null until known.';
comment on column draft_check.agent is 'A keyed hash of the agent''s id, only where the source has agent_id_key. Never the id itself.';
comment on column draft_check.asked_at is 'When the latest look was taken.';

alter table note add column purpose text not null default 'context';
alter table note add constraint note_purpose_known check (purpose in ('context', 'draft'));
comment on column note.purpose is 'context: what lies beneath a message; draft: findings on a drafting bot''s private note.';
drop index note_once_per_ticket;
create unique index note_once_per_ticket on note (source, ticket_id)
    where purpose = 'context' and state in ('pending', 'posted', 'shadow');

create view deadlines_not_acknowledged as
select draft_check.source, draft_check.ticket_id, draft_check.asked_at, draft_check.sent_changed,
       item ->> 'customer_quote' as customer_quote
from draft_check
cross join jsonb_array_elements(draft_check.items) as item
where item ->> 'check' = 'deadline_unacknowledged';

comment on view deadlines_not_acknowledged is 'Drafts that neither named nor acted on a deadline, and whether they were changed before sending. Quotes the customer: personal data.';

create view draft_checks_per_week as
select source, date_trunc('week', asked_at at time zone 'UTC')::date as week,
       coalesce(item ->> 'check', 'nothing found') as finding, count(*) as drafts
from draft_check
left join jsonb_array_elements(draft_check.items) as item on true
where not incomplete and reason is null
group by source, week, finding;

comment on view draft_checks_per_week is 'How many drafts each check spoke up on, by week (UTC); "nothing found" is the usual and good case.';

create view adapted_well_per_week as
select source, date_trunc('week', asked_at at time zone 'UTC')::date as week, adapted_to, count(*) as drafts
from draft_check
cross join unnest(adapted) as adapted_to
group by source, week, adapted_to;

comment on view adapted_well_per_week is 'What drafts did well, by week (UTC): the fact named, a short reply to a hurry, ..';
