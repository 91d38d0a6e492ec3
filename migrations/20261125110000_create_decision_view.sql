create view decision as
select note.source, note.ticket_id, note.message_id,
       coalesce(message.sent_at, note.decided_at) as written_at,
       note.decided_at, note.state, note.reason, note.kinds,
       note.state in ('posted', 'shadow', 'pending', 'failed') or note.reason = 'backfill' as noted
from note
left join message using (source, ticket_id, message_id)
where note.purpose = 'context';

comment on view decision is 'What was decided for each customer message, by when it was written. noted: a note was posted, or would have been (shadow mode, backfill).';
