// What both apps need to ask Undertone: the contract's body, and patience with an end.
window.undertoneService = (() => {
  // As in both manifests; a test holds them together.
  const APP_VERSION = '0.1.0';
  const TYPING_PAUSE_MS = 1500;
  // Sending never waits longer than this.
  const SEND_BUDGET_MS = 1500;
  // Beside an agent who is still writing an answer may take longer, but one that is too late helps nobody.
  const PATIENCE_MS = 4000;
  const NO_ANSWER = { status: 0, body: null };

  /** Settles as `promise` does, or resolves to `otherwise` after `ms` or when it fails. */
  function within(ms, promise, otherwise) {
    const late = new Promise((resolve) => setTimeout(resolve, ms, otherwise));
    return Promise.race([promise.catch(() => otherwise), late]);
  }

  /** Calls `work` once, when nothing has called for it for `ms`. */
  function afterPause(ms, work) {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(work, ms);
    };
  }

  /** The JSON of an answer's text, or null: an error page of something in between is no answer. */
  function parsed(text) {
    if (typeof text !== 'string') return text ?? null;
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** Whether HTML has words. It is parsed in a document of its own, where nothing loads and nothing runs. */
  function hasWords(html) {
    if (typeof html !== 'string') return false;
    return new DOMParser().parseFromString(html, 'text/html').body.textContent.trim() !== '';
  }

  /** A draft being written: keeps its id until it is sent. */
  function newDraft() {
    return { id: crypto.randomUUID(), changedAt: new Date() };
  }

  /** The body of the contract `undertone.draft.v1`. */
  function draftBody(draft, { platform, account, ticketId, agentId, trigger, html, text }) {
    return JSON.stringify({
      schema: 'undertone.draft.v1',
      platform,
      event: 'reply_drafted',
      draft_id: draft.id,
      account,
      ticket_id: String(ticketId),
      agent_id: agentId == null ? null : String(agentId),
      comment_type: 'publicReply',
      trigger,
      draft_html: html ?? null,
      draft_text: text ?? null,
      editor_changed_at: draft.changedAt.toISOString().replace(/\.\d+/, ''),
      app_version: APP_VERSION,
    });
  }

  return {
    APP_VERSION, TYPING_PAUSE_MS, SEND_BUDGET_MS, PATIENCE_MS, NO_ANSWER,
    within, afterPause, parsed, hasWords, newDraft, draftBody,
  };
})();
