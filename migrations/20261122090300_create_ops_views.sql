create view signals_per_day as
select source, (sent_at at time zone 'UTC')::date as day, detector, kind, strength, count(*) as signals
from signal
group by source, day, detector, kind, strength;

comment on view signals_per_day is 'How many signals of each kind there were each day (UTC, by when the message was written).';

create view note_decisions_per_day as
select source, (decided_at at time zone 'UTC')::date as day, state, reason, count(*) as decisions
from note
group by source, day, state, reason;

comment on view note_decisions_per_day is 'Notes each day (UTC), and why the others were withheld.';

create view repeat_chain as
select signal.source,
       ticket.requester_id,
       count(distinct signal.ticket_id) as tickets,
       array_agg(distinct signal.ticket_id) as ticket_ids,
       max((signal.facts ->> 'contacts')::integer) as contacts_by_their_count,
       min(signal.sent_at) as first_chase_at,
       max(signal.sent_at) as last_chase_at
from signal
join ticket using (source, ticket_id)
where signal.detector = 'repeat_follow_up'
group by signal.source, ticket.requester_id;

comment on view repeat_chain is 'Requesters who had to come back: on how many tickets, how often by their own count, over what time.';

create view delivery_to_replay as
select source, id, ticket_id, state, reason, attempts, received_at, retry_at
from delivery
where state = 'failed' or (state = 'waiting' and coalesce(retry_at, received_at) < now() - interval '1 hour');

comment on view delivery_to_replay is 'Webhooks that were kept and not worked off: given up, or waiting for over an hour.';

create view note_latency as
select note.source, note.ticket_id, note.message_id, delivery.received_at, note.posted_at,
       extract(epoch from note.posted_at - delivery.received_at) as seconds
from note
join delivery on delivery.source = note.source and delivery.id = note.delivery_id
where note.state = 'posted';

comment on view note_latency is 'From the webhook''s arrival to the note''s confirmation on the ticket, in seconds.';
