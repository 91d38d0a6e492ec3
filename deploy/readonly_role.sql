-- A role for dashboards: it sees signals, decisions and times, and no customer's words.
-- Run it as the owner of the database, then: alter role undertone_dashboard login password '..';
-- To let a person read the words as well: grant select on message, signal, note, ticket to their_role;

do $$
begin
    if not exists (select from pg_roles where rolname = 'undertone_dashboard') then
        create role undertone_dashboard nologin;
    end if;
end
$$;

grant usage on schema public to undertone_dashboard;

-- Everything but subject, text, evidence, lead, html and body. Facts quote the customer here and there: left out.
grant select (source, id, ticket_id, origin, received_at, state, reason, attempts, retry_at, finished_at)
    on delivery to undertone_dashboard;
grant select (source, ticket_id, requester_id, status, channel, created_at, updated_at, follow_up_of, reopens, seen_at)
    on ticket to undertone_dashboard;
grant select on requester to undertone_dashboard;
grant select (source, ticket_id, message_id, author, sent_at, words, about_amount, language, unread_reason, seen_at)
    on message to undertone_dashboard;
grant select (source, ticket_id, message_id, detector, kind, strength, detector_version, language, sent_at, detected_at)
    on signal to undertone_dashboard;
grant select (source, ticket_id, message_id, delivery_id, purpose, state, reason, kinds, decided_at, attempted_at, posted_at, comment_id, audit_id, ordinal, replaces)
    on note to undertone_dashboard;
-- Without the agent's pseudonym and the digest.
grant select (source, ticket_id, draft_id, message_id, trigger, adapted, incomplete, reason, sent_changed, asked_at)
    on draft_check to undertone_dashboard;

grant select on feedback, poll, backfill, account to undertone_dashboard;

grant select on note_feedback, signals_per_day, note_decisions_per_day, decision, repeat_chain, delivery_to_replay, note_latency,
    draft_checks_per_week, adapted_well_per_week
    to undertone_dashboard;
