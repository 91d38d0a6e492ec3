// Draws what Undertone answers, the same in every helpdesk.
// Everything that comes from outside goes into the page as text nodes: a message with markup stays text.
window.undertonePanel = (() => {
  const WORDS = {
    token: "Undertone refuses this app's token. Ask your admin to check it in the app's settings.",
    address: "This is not Undertone's address. Ask your admin to check the service host in the app's settings.",
    silent: 'Undertone is not answering. You can send as usual.',
    incomplete: 'Undertone could not look in time. You can send as usual.',
    unknownTicket: 'Nothing read yet on this ticket.',
    onTheTicket: 'See the private note on this ticket: its words are not kept here.',
    wordsGone: 'Something was noticed here; its words are not kept.',
    nothingToKnow: 'Nothing to know beyond what the ticket says.',
    nothingToAdd: 'Nothing to add.',
    looking: 'Looking…',
  };
  // Why a message was not read, or read and left alone, in an agent's words.
  const UNREAD = {
    unsupported_language: 'Undertone does not read the language of this message.',
    unclear_language: 'Too few words to tell the language of this message, so it was not read.',
    empty_text: 'There are no words to read in this message.',
    no_customer_message: 'There is no message of a customer on this ticket to read.',
    system_text: 'This is an automatic message, so it was not read.',
  };
  // A note whose words have gone, by what became of it.
  const NOTED = { posted: WORDS.onTheTicket, shadow: WORDS.wordsGone };
  const TITLES = {
    stock_phrase_alone: 'A stock phrase on its own',
    deadline_unacknowledged: 'The time that matters to them',
    history_unacknowledged: 'They had to come back',
    flood_before_acknowledgement: 'A lot to read, first thing',
    solving_before_acknowledging: 'The fix comes first',
  };

  // A sidebar is shared with other apps: beyond this the panel scrolls.
  const MOST_PX = 600;
  const LEAST_PX = 80;

  function element(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  // A live region that is filled again with the same words would be read out again, at every pause in typing.
  function fill(region, ...nodes) {
    const next = element('div', '', ...nodes);
    if (next.isEqualNode(region.firstElementChild)) return;
    region.replaceChildren(next);
  }

  function say(region, words) {
    fill(region, element('p', 'quiet', words));
  }

  /** The words for an answer that carries nothing to show, or null when it carries something. */
  function trouble(answer, notFound) {
    if (answer.status === 401 || answer.status === 403) return WORDS.token;
    if (answer.status === 404) return notFound;
    if (answer.status !== 200 || typeof answer.body !== 'object' || answer.body === null) return WORDS.silent;
    return null;
  }

  /** Shows a ticket's signals: the words of the private note. `answer` is `{status, body}`. */
  function showSignals(region, answer) {
    const wrong = trouble(answer, WORDS.unknownTicket);
    if (wrong) return say(region, wrong);
    const { note, decision } = answer.body;
    if (!note) return say(region, UNREAD[decision?.reason] ?? NOTED[decision?.state] ?? WORDS.nothingToKnow);
    const lines = Array.isArray(note.lines) ? note.lines : [];
    fill(
      region,
      element('p', 'lead', String(note.lead ?? '')),
      element('ul', 'lines', ...lines.map((line) => element('li', '', element('strong', '', `${line.label}:`), ` ${line.text}`))),
    );
  }

  /** Shows what was found in a draft. `answer` is `{status, body}`. */
  function showFindings(region, answer) {
    const wrong = trouble(answer, WORDS.address);
    if (wrong) return say(region, wrong);
    const { items, incomplete, reason } = answer.body;
    if (!Array.isArray(items)) return say(region, WORDS.silent);
    if (items.length > 0) return fill(region, element('ul', 'findings', ...items.map(finding)));
    say(region, incomplete ? WORDS.incomplete : (UNREAD[reason] ?? WORDS.nothingToAdd));
  }

  function finding(item) {
    const node = element('li', 'finding', element('h2', '', TITLES[item.check] ?? 'A second look'));
    if (item.customer_quote) node.append(quote('They wrote', item.customer_quote));
    if (item.draft_quote) node.append(quote('Your draft has', item.draft_quote));
    else node.append(element('p', 'quote', element('span', 'who', 'Your draft has'), ' nothing about it yet'));
    node.append(element('p', 'question', String(item.question ?? '')));
    return node;
  }

  function quote(who, words) {
    return element('p', 'quote', element('span', 'who', who), ` “${words}”`);
  }

  /** Tells `resize` the height in px that the panel needs, now and whenever it changes. */
  function followHeight(resize) {
    const tell = () => resize(Math.min(Math.max(document.documentElement.offsetHeight, LEAST_PX), MOST_PX));
    new ResizeObserver(tell).observe(document.body);
  }

  return { WORDS, say, showSignals, showFindings, followHeight };
})();
