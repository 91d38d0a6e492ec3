create table poll (
    source       text        not null,
    since        timestamptz not null,
    cursor       text,
    caught_up_to timestamptz not null,
    next_at      timestamptz not null,
    polled_at    timestamptz,
    trouble      text,
    found        bigint      not null default 0,
    constraint poll_pkey primary key (source)
);

comment on table poll is 'How far the search for tickets whose webhook never came has got. One row a source; whichever replica is free takes the next turn.';
comment on column poll.source is 'The connected helpdesk account.';
comment on column poll.since is 'What changed before this has been listed, by the helpdesk''s clock.';
comment on column poll.cursor is 'The helpdesk''s name for the page to come, where it has one.';
comment on column poll.caught_up_to is 'How far the latest search that came to its end had got: messages written since then may be new to us.';
comment on column poll.next_at is 'When the next turn is due. Set ahead while a turn is under way, so that no other replica takes it.';
comment on column poll.polled_at is 'When a search last came to its end.';
comment on column poll.trouble is 'What the latest turn ran into, a fixed word; null when it came to its end.';
comment on column poll.found is 'Deliveries kept for messages whose webhook had not come.';

alter table delivery add column origin text not null default 'webhook';
alter table delivery add constraint delivery_origin_known check (origin in ('webhook', 'poll')) not valid;
comment on table delivery is 'Every verified webhook, kept before it was answered, and what the poll found without one. One row per event, however often it was sent.';
comment on column delivery.origin is 'webhook; poll: found on the helpdesk, its webhook had not come.';
comment on column delivery.dedup_key is 'What makes a repeat the same delivery: the event''s own id, else a hash of the body; for the poll, ticket and message.';
comment on column delivery.body is 'The raw bytes as they were signed, or our own pointer for the poll. Personal data.';
