// The Zendesk side: reads the ticket and the editor through the vendor's client, asks Undertone, shows the answer.
// Nothing in here may keep an agent from sending: `ticket.save` always answers true, and soon.
(() => {
  const { WORDS, say, showSignals, showFindings, followHeight } = window.undertonePanel;
  const service = window.undertoneService;
  const IDLE = 'Questions, if any, appear here while you write a public reply.';
  const INTERNAL = 'Internal notes are not checked.';

  const signals = document.getElementById('signals');
  const findings = document.getElementById('findings');
  // Outside Zendesk the SDK gives no client; without the SDK there is not even that.
  const client = window.ZAFClient?.init();
  if (!client) return say(signals, 'Open this app beside a ticket in Zendesk.');

  let draft = service.newDraft();
  let latest = 0;
  let answered = null;

  /** Asks Undertone through Zendesk's proxy, which puts the token in on its own servers. Answers `{status, body}`. */
  async function ask(type, path, body) {
    const { settings } = await client.metadata();
    const host = String(settings.host).trim().replace(/^https?:\/\//, '').replace(/\/+$/, '');
    const request = {
      url: `https://${host}/webhooks/${encodeURIComponent(String(settings.source).trim())}${path}`,
      type,
      headers: { Authorization: 'Bearer {{setting.token}}' },
      dataType: 'json',
      secure: true,
      cors: false,
      autoRetry: false,
    };
    if (body) Object.assign(request, { contentType: 'application/json', data: body });
    try {
      return { status: 200, body: service.parsed(await client.request(request)) };
    } catch (refusal) {
      return { status: refusal?.status === 200 ? 0 : refusal?.status ?? 0, body: null };
    }
  }

  async function readSignals() {
    const ticketId = (await client.get('ticket.id'))['ticket.id'];
    return ask('GET', `/tickets/${encodeURIComponent(ticketId)}/signals`);
  }

  async function refreshSignals() {
    showSignals(signals, await service.within(service.PATIENCE_MS, readSignals(), service.NO_ANSWER));
  }

  async function send(trigger, comment) {
    const [{ account }, ids] = await Promise.all([client.context(), client.get(['ticket.id', 'currentUser.id'])]);
    // Without the rich editor the text is plain, and "<" in it means itself.
    const plain = comment.useRichText === false;
    const body = service.draftBody(draft, {
      platform: 'zendesk',
      account: { subdomain: account?.subdomain ?? null },
      ticketId: ids['ticket.id'],
      agentId: ids['currentUser.id'],
      trigger,
      html: plain ? null : comment.text,
      text: plain ? comment.text : null,
    });
    return ask('POST', '/reply-drafted', body);
  }

  async function check(trigger) {
    const turn = ++latest;
    const { comment } = await client.get('comment');
    if (comment?.type !== 'publicReply') return say(findings, comment?.type === 'internalNote' ? INTERNAL : IDLE);
    if (!service.hasWords(comment.text)) return say(findings, IDLE);
    if (trigger !== 'ticket.save' && comment.text === answered) return;
    answered = null;
    const answer = await service.within(service.PATIENCE_MS, send(trigger, comment), service.NO_ANSWER);
    // The agent may have written on, or sent, since.
    if (turn !== latest) return;
    answered = answer.status === 200 ? comment.text : null;
    showFindings(findings, answer);
  }

  function followTheHelpdesk() {
    const checkSoon = service.afterPause(service.TYPING_PAUSE_MS, () => {
      check('comment.text.changed').catch(() => say(findings, WORDS.silent));
    });
    const changed = () => {
      draft.changedAt = new Date();
      checkSoon();
    };
    client.on('comment.text.changed', changed);
    client.on('comment.type.changed', changed);
    client.on('ticket.save', async () => {
      await service.within(service.SEND_BUDGET_MS, check('ticket.save'));
      return true;
    });
    client.on('ticket.submit.done', () => {
      latest += 1;
      answered = null;
      draft = service.newDraft();
      say(findings, IDLE);
    });
    // The agent comes back to the tab, or somebody else (a customer too) has changed the ticket.
    client.on('app.activated', refreshSignals);
    client.on('ticket.updated', refreshSignals);
    // A draft may be there already: left in the editor, or put there by a macro.
    checkSoon();
  }

  function followTheColours() {
    const paint = (scheme) => {
      document.documentElement.dataset.scheme = scheme;
    };
    client.on('colorScheme.changed', paint);
    client.get('colorScheme').then((got) => got.colorScheme && paint(got.colorScheme)).catch(() => {});
  }

  followTheHelpdesk();
  followTheColours();
  followHeight((px) => client.invoke('resize', { width: '100%', height: `${px}px` }));
  refreshSignals();
})();
