// A stand-in for Undertone: the two routes that the apps use, for invented tickets, and every way of failing.
import http from 'node:http';
import { EventEmitter, once } from 'node:events';

export const TOKEN = 'app-token-for-tests';

const STOCK = /I completely understand your frustration|We apologi[sz]e for any inconvenience/i;

/** Invented tickets: what is known of each, and when a draft has answered it. */
export const TICKETS = {
  // A deadline tomorrow.
  35211: {
    note: {
      lead: 'Undertone: locked out, presentation in 10 hours, talks of leaving',
      lines: [
        { label: 'Clear', text: 'deadline “presenting to the board at 9 tomorrow” (Tue 9:00 their time; sent Mon 22:51)' },
        { label: 'Clear', text: 'strong words “absolutely unacceptable”' },
        { label: 'Possible reading', text: 'fear about tomorrow, voiced as anger' },
        { label: 'Before you reply', text: 'what does tonight look like for them if access is not back?' },
      ],
    },
    deadline: 'I am presenting to the board at 9 tomorrow',
    answered: /\b9\b|nine|tomorrow|tonight|presentation|board/i,
  },
  // In a hurry, and asks for no more than the answer.
  35212: {
    note: {
      lead: 'Undertone: in a hurry',
      lines: [
        { label: 'Clear', text: 'in a hurry “about to board, one line is enough”' },
        { label: 'Before you reply', text: 'what is the one thing they need now?' },
      ],
    },
  },
  35213: { note: null, decision: { state: 'withheld', reason: 'nothing_noteworthy' } },
  // A message with markup in it.
  35214: {
    note: {
      lead: 'Undertone: <b>in a hurry</b> <img src=x onerror="window.hacked=1">',
      lines: [{ label: 'Clear', text: 'in a hurry “<script>window.hacked=1</script> now & <i>here</i>”' }],
    },
    deadline: '<img src=x onerror="window.hacked=1"> by Friday',
    answered: /friday/i,
  },
  35215: { note: null, decision: { state: 'withheld', reason: 'unsupported_language' } },
  35216: { note: null, decision: { state: 'posted', reason: 'noteworthy' } },
  35217: { note: null, decision: { state: 'shadow', reason: 'noteworthy' } },
};

function findings(ticket, draft) {
  const words = draft.draft_text ?? draft.draft_html.replace(/<[^>]*>/g, ' ');
  const items = [];
  const stock = words.match(STOCK)?.[0];
  if (ticket?.deadline && !ticket.answered.test(words)) {
    items.push({
      check: 'deadline_unacknowledged',
      customer_quote: ticket.deadline,
      draft_quote: null,
      question: 'What will have changed for them by then?',
    });
  }
  if (stock && items.length === 0) {
    items.push({
      check: 'stock_phrase_alone',
      customer_quote: ticket?.deadline ?? 'one line is enough',
      draft_quote: stock,
      question: 'What is it, in their case?',
    });
  }
  return { draft_id: draft.draft_id, items, adapted: [], note_posted: false };
}

/** Starts one. `mode` says how it answers from now on; `seen` has every request that came. */
export async function startUndertone() {
  const undertone = { mode: 'well', seen: [], events: new EventEmitter() };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const draft = body && JSON.parse(body);
    undertone.seen.push({ method: request.method, path: request.url, authorization: request.headers.authorization, draft });
    const mode = undertone.mode;
    if (draft) undertone.events.emit('draft');
    const answer = (status, type, text) => response.writeHead(status, { 'content-type': type }).end(text);
    const json = (status, value) => answer(status, 'application/json', JSON.stringify(value));
    if (mode === 'error') return answer(500, 'text/plain', 'internal error');
    if (mode === 'html') return answer(200, 'text/html', '<h1>Bad gateway</h1>');
    if (mode === 'broken json') return answer(200, 'application/json', '{"items": [');
    if (mode === 'other json') return json(200, { items: 'none' });
    const nothing = { draft_id: draft?.draft_id, items: [], adapted: [], note_posted: false };
    if (mode === 'incomplete') return json(200, { ...nothing, incomplete: true, reason: 'time_is_up' });
    if (mode === 'no message') return json(200, { ...nothing, reason: 'no_customer_message' });
    if (mode === 'not here') return answer(404, 'text/html', '<h1>Not found</h1>');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(401, 'text/plain', 'app token missing or wrong');
    const signals = request.url.match(/^\/webhooks\/[\w-]+\/tickets\/(\d+)\/signals$/);
    const value = signals ? shown(signals[1]) : findings(TICKETS[draft.ticket_id], draft);
    const status = value ? 200 : 404;
    if (mode === 'slow') setTimeout(() => json(status, value ?? {}), 5000).unref();
    else json(status, value ?? {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undertone.url = `http://127.0.0.1:${server.address().port}`;
  undertone.drafts = () => undertone.seen.filter((one) => one.draft).map((one) => one.draft);
  /** Waits until so many drafts have come. */
  undertone.drafted = async (count) => {
    while (undertone.drafts().length < count) await once(undertone.events, 'draft');
  };
  undertone.stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return undertone;
}

function shown(id) {
  const ticket = TICKETS[id];
  return ticket && { ticket_id: id, note: ticket.note, decision: ticket.decision ?? { state: 'pending', reason: 'noteworthy' } };
}
