// The Freshdesk side: a box to check a draft in, and a last look at a reply as it is sent.
// Nothing in here may keep an agent from sending: the intercepted event is always let go, and soon.
(() => {
  const { WORDS, say, showSignals, showFindings, followHeight } = window.undertonePanel;
  const service = window.undertoneService;

  const signals = document.getElementById('signals');
  const findings = document.getElementById('findings');
  const form = document.getElementById('draft');
  const box = document.getElementById('text');

  let draft = service.newDraft();
  let latest = 0;

  /** Asks Undertone through Freshworks' request method, which puts the token in on its own servers. Answers `{status, body}`. */
  async function ask(client, template, options) {
    try {
      const answer = await client.request.invokeTemplate(template, options);
      return { status: answer.status, body: service.parsed(answer.response) };
    } catch (refusal) {
      return { status: refusal?.status ?? 0, body: null };
    }
  }

  async function readSignals(client) {
    const { ticket } = await client.data.get('ticket');
    return ask(client, 'readSignals', { context: { ticket_id: String(ticket.id) } });
  }

  /** What the client knows under a name, or nothing: only the ticket's id cannot be done without. */
  async function known(client, name) {
    try {
      return (await client.data.get(name))?.[name];
    } catch {
      return undefined;
    }
  }

  async function send(client, trigger, words) {
    const [{ ticket }, user, domain] = await Promise.all([
      client.data.get('ticket'),
      known(client, 'loggedInUser'),
      known(client, 'domainName'),
    ]);
    const body = service.draftBody(draft, {
      platform: 'freshdesk',
      account: { domain: domain ?? null },
      ticketId: ticket.id,
      agentId: user?.id,
      trigger,
      ...words,
    });
    return ask(client, 'sendDraft', { context: {}, body });
  }

  async function check(client, trigger, words) {
    const turn = ++latest;
    const answer = await service.within(service.PATIENCE_MS, send(client, trigger, words), service.NO_ANSWER);
    if (turn === latest) showFindings(findings, answer);
  }

  /** The reply's HTML from a send event. Which keys it has is not documented, and often there are none. */
  async function replyOf(event) {
    const data = (await event.helper.getData()) ?? {};
    return [data.body, data.body_html, data.full_text].find(service.hasWords);
  }

  async function lookAtReply(client, event) {
    const html = await replyOf(event);
    if (!html) return;
    // When it was last changed is not told; it is being sent now.
    draft.changedAt = new Date();
    await check(client, 'ticket.sendReply', { html });
    draft = service.newDraft();
  }

  async function letGo(client, event) {
    await service.within(service.SEND_BUDGET_MS, lookAtReply(client, event));
    event.helper.done();
  }

  function checkBox(client) {
    const text = box.value;
    if (text.trim() === '') {
      say(findings, 'There is nothing to check yet.');
      return box.focus();
    }
    say(findings, WORDS.looking);
    check(client, 'panel.check', { text });
  }

  function follow(client) {
    client.events.on('ticket.sendReply', (event) => letGo(client, event), { intercept: true });
    box.addEventListener('input', () => {
      draft.changedAt = new Date();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      checkBox(client);
    });
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) checkBox(client);
    });
  }

  async function start() {
    const client = await window.app.initialized();
    follow(client);
    // Not every place an app can stand in lets it say how high it is.
    followHeight((px) => client.instance?.resize({ height: `${px}px` })?.catch(() => {}));
    showSignals(signals, await service.within(service.PATIENCE_MS, readSignals(client), service.NO_ANSWER));
  }

  start().catch(() => say(signals, WORDS.silent));
})();
