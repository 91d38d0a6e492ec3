#!/usr/bin/env python3
"""Writes signed Zendesk webhooks for the load check, one a line: timestamp, signature, body, with tabs between.

usage: presign.py SECRET COUNT FIRST_TICKET > FILE
"""
import base64, datetime, hashlib, hmac, json, sys

secret, count, first = sys.argv[1].encode(), int(sys.argv[2]), int(sys.argv[3])
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
text = (
    "Hello, this is the third time I am writing about order 48-2291. I was charged 4.90 EUR twice on 3 March and nobody "
    "has answered me. I know it is only a few euros, but I have spent two evenings on this and I feel like I am being "
    "ignored. My daughter's birthday is tomorrow and I was counting on the gift card being fixed today. Could a real "
    "person please look at it and tell me what happened to the money and when it will be back on my card?"
)
for ticket in range(first, first + count):
    body = json.dumps({
        "schema": "undertone.zendesk.trigger.v1", "event": "ticket_created",
        "ticket": {"id": str(ticket), "subject": "Charged twice", "text": text, "status": "New", "priority": "-",
                   "tags": "billing", "channel": "Mail", "created_at": now, "updated_at": now},
        "requester": {"id": str(ticket % 5000 + 1), "locale": "en-GB", "time_zone": "Copenhagen", "role": "End user"},
        "actor": {"id": str(ticket % 5000 + 1), "role": "End user"},
    }, separators=(",", ":"))
    signature = base64.b64encode(hmac.new(secret, now.encode() + body.encode(), hashlib.sha256).digest()).decode()
    print(now, signature, body, sep="\t")
