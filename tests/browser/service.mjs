// Both apps against a running Undertone that the environment names; run.sh says how, and runs this only then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTicket, shows, startBrowser } from './support/browser.mjs';

const STOCK_REPLY = 'I completely understand your frustration. We apologize for any inconvenience.';

/** One helpdesk's settings: FRESHDESK's own where they are given, the common ones where not. */
function settings(helpdesk) {
  const read = (name) => {
    const value = process.env[`UNDERTONE_${helpdesk.toUpperCase()}_${name}`] ?? process.env[`UNDERTONE_${name}`];
    assert.ok(value, `UNDERTONE_${name} is not set`);
    return value;
  };
  return {
    url: read('URL'),
    source: read('SOURCE'),
    token: read('TOKEN'),
    ticket: read('TICKET'),
    hurried: read('HURRIED_TICKET'),
  };
}

/** Puts a draft where this helpdesk's app sees it, and asks for the check where it has to be asked for. */
async function write(opened, helpdesk, words) {
  if (helpdesk === 'zendesk') return opened.editor.fill(words);
  await opened.app.locator('textarea').fill(words);
  await opened.app.getByRole('button').click();
}

let browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser.stop());

for (const helpdesk of ['zendesk', 'freshdesk']) {
  const { url, source, token, ticket, hurried } = settings(helpdesk);

  /** Opens a ticket of the service, hands it over, and closes it. */
  const beside = async (id, options, story) => {
    const opened = await openTicket(browser, helpdesk, { ticket: id, url, source, token, ...options });
    try {
      await story(opened);
      assert.deepEqual(opened.trouble, []);
    } finally {
      await opened.close();
    }
  };

  test(`${helpdesk}: the service's signals are shown`, () =>
    beside(ticket, {}, async ({ signals, picture }) => {
      await shows(signals, 'Undertone: ');
      await shows(signals, 'Before you reply:');
      await picture(`service-${helpdesk}-signals`);
    }));

  test(`${helpdesk}: a stock reply to a deadline is questioned, with the customer's words`, () =>
    beside(ticket, {}, async (opened) => {
      await write(opened, helpdesk, STOCK_REPLY);
      await shows(opened.findings, 'They wrote “');
      assert.ok((await opened.findings.locator('.finding').count()) <= 2);
      await opened.picture(`service-${helpdesk}-findings`);
    }));

  test(`${helpdesk}: a short answer to a customer in a hurry raises nothing`, () =>
    beside(hurried, {}, async (opened) => {
      await write(opened, helpdesk, 'The corrected invoice is attached.');
      await shows(opened.findings, 'Nothing to add.');
    }));

  test(`${helpdesk}: a wrong token is told in plain words`, () =>
    beside(ticket, { token: 'not-this-one' }, async (opened) => {
      await shows(opened.signals, 'Undertone refuses this app\'s token.');
      await write(opened, helpdesk, STOCK_REPLY);
      await shows(opened.findings, 'Undertone refuses this app\'s token.');
    }));

  test(`${helpdesk}: a ticket the service has not read is told so`, () =>
    beside('987654321', {}, ({ signals }) => shows(signals, 'Nothing read yet on this ticket.')));
}
