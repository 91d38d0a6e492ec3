// The Freshdesk app beside a ticket, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTicket, shows, startBrowser } from './support/browser.mjs';
import { TOKEN } from './support/undertone.mjs';

const STOCK_REPLY = 'Hi Maya, I completely understand your frustration. We apologize for any inconvenience.';
const SILENT = 'Undertone is not answering. You can send as usual.';

let browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser.stop());

/** Opens a ticket, hands it over, and closes it; nothing may have been thrown in the page meanwhile. */
async function beside(options, story) {
  const ticket = await openTicket(browser, 'freshdesk', { ticket: '35211', ...options });
  const box = ticket.app.getByLabel('Paste or write your reply here; it is not sent from here.');
  const button = ticket.app.getByRole('button', { name: 'Check my draft' });
  try {
    await story({ ...ticket, box, button });
    assert.deepEqual(ticket.trouble, []);
  } finally {
    await ticket.close();
  }
}

test('the ticket\'s signals are shown in the words of the note', () =>
  beside({}, async ({ signals, undertone }) => {
    await shows(signals, 'Undertone: locked out, presentation in 10 hours, talks of leaving');
    await shows(signals, 'Clear: deadline “presenting to the board at 9 tomorrow”');
    assert.equal(undertone.seen[0].path, '/webhooks/meadowlark/tickets/35211/signals');
    assert.equal(undertone.seen[0].authorization, `Bearer ${TOKEN}`);
  }));

test('a draft in the box is checked on demand, and only then', () =>
  beside({}, async ({ signals, box, button, findings, undertone, picture }) => {
    await shows(signals, 'Undertone: locked out');
    await box.fill(STOCK_REPLY);
    assert.deepEqual(undertone.drafts(), []);
    await button.click();
    await shows(findings, 'They wrote “I am presenting to the board at 9 tomorrow”');
    await picture('freshdesk-findings');
    assert.equal(undertone.drafts().length, 1);
    const { draft_id, editor_changed_at, ...draft } = undertone.drafts()[0];
    assert.match(draft_id, /^[0-9a-f-]{36}$/);
    assert.match(editor_changed_at, /Z$/);
    assert.deepEqual(draft, {
      schema: 'undertone.draft.v1',
      platform: 'freshdesk',
      event: 'reply_drafted',
      account: { domain: 'meadowlark.freshdesk.com' },
      ticket_id: '35211',
      agent_id: '80009876501',
      comment_type: 'publicReply',
      trigger: 'panel.check',
      draft_html: null,
      draft_text: STOCK_REPLY,
      app_version: '0.1.0',
    });
  }));

test('a short answer to a customer in a hurry raises nothing', () =>
  beside({ ticket: '35212' }, async ({ box, button, findings }) => {
    await box.fill('Gate 14, boarding until 18:40.');
    await button.click();
    await shows(findings, 'Nothing to add.');
    assert.equal(await findings.locator('.finding').count(), 0);
  }));

test('the keyboard alone is enough', () =>
  beside({}, async ({ page, signals, box, button, findings, undertone }) => {
    await shows(signals, 'Undertone: locked out');
    await page.locator('#submit').focus();
    await page.keyboard.press('Tab');
    assert.ok(await box.evaluate((node) => node === document.activeElement));
    await page.keyboard.type('We apologize for any inconvenience.');
    await page.keyboard.press('Control+Enter');
    await shows(findings, 'The time that matters to them');
    await box.fill('');
    await page.keyboard.press('Tab');
    assert.ok(await button.evaluate((node) => node === document.activeElement));
    const outline = await button.evaluate((node) => getComputedStyle(node).outlineStyle);
    assert.equal(outline, 'solid', 'where the keyboard is can be seen');
    await page.keyboard.press('Enter');
    await shows(findings, 'There is nothing to check yet.');
    assert.equal(undertone.drafts().length, 1);
  }));

test('a reply is looked at as it is sent, whatever its event holds', async (t) => {
  const html = 'We apologize for any inconvenience.';
  const cases = [
    ['body', 'body', 1],
    ['body_html alone', 'body_html', 1],
    ['full_text alone', 'full_text', 1],
    ['no text: the usual case', '', 0],
  ];
  for (const [name, keys, expected] of cases) {
    await t.test(name, () =>
      beside({ query: { keys } }, async ({ editor, undertone, submit }) => {
        await editor.fill(html);
        assert.ok((await submit()) < 2000);
        const drafts = undertone.drafts().map((draft) => [draft.trigger, draft.draft_html]);
        assert.deepEqual(drafts, Array(expected).fill(['ticket.sendReply', html]));
      }));
  }
});

test('sending works within two seconds whatever Undertone does', async (t) => {
  const cases = [
    ['slow', ({ undertone }) => { undertone.mode = 'slow'; }],
    ['an error', ({ undertone }) => { undertone.mode = 'error'; }],
    ['a page instead of JSON', ({ undertone }) => { undertone.mode = 'html'; }],
    ['broken JSON', ({ undertone }) => { undertone.mode = 'broken json'; }],
    ['gone', ({ undertone }) => undertone.stop()],
    ['a proxy that hangs', ({ desk }) => { desk.hanging = true; }],
  ];
  for (const [name, fail] of cases) {
    await t.test(name, () =>
      beside({}, async (ticket) => {
        await shows(ticket.signals, 'Undertone: locked out');
        await fail(ticket);
        await ticket.editor.fill(STOCK_REPLY);
        const ms = await ticket.submit();
        assert.ok(ms < 2000, `sent after ${ms} ms`);
        await ticket.box.fill(STOCK_REPLY);
        await ticket.button.click();
        await shows(ticket.findings, SILENT, 6000);
      }));
  }
});

test('what the client does not know keeps nothing from working', async (t) => {
  for (const missing of ['loggedInUser', 'domainName']) {
    await t.test(missing, () =>
      beside({ query: { missing } }, async ({ box, button, findings }) => {
        await box.fill(STOCK_REPLY);
        await button.click();
        await shows(findings, 'The time that matters to them');
      }));
  }
  await t.test('the ticket itself', () =>
    beside({ query: { missing: 'ticket' } }, async ({ signals, editor, submit }) => {
      await shows(signals, SILENT);
      await editor.fill(STOCK_REPLY);
      assert.ok((await submit()) < 2000);
    }));
});

test('a wrong token is told in plain words and stops nobody', () =>
  beside({ token: 'not-this-one' }, async ({ signals, box, button, findings, editor, submit }) => {
    const words = 'Undertone refuses this app\'s token. Ask your admin to check it in the app\'s settings.';
    await shows(signals, words);
    await box.fill(STOCK_REPLY);
    await button.click();
    await shows(findings, words);
    await editor.fill(STOCK_REPLY);
    assert.ok((await submit()) < 2000);
  }));

test('a message with markup in it stays text', () =>
  beside({ ticket: '35214' }, async ({ page, signals, box, button, findings }) => {
    await shows(signals, 'Undertone: <b>in a hurry</b> <img src=x onerror="window.hacked=1">');
    await box.fill(STOCK_REPLY);
    await button.click();
    await shows(findings, 'They wrote “<img src=x onerror="window.hacked=1"> by Friday”');
    for (const frame of page.frames()) assert.equal(await frame.evaluate(() => window.hacked), undefined);
  }));

test('light and dark both pass the accessibility rules', async (t) => {
  for (const colorScheme of ['light', 'dark']) {
    await t.test(colorScheme, () =>
      beside({}, async ({ page, signals, box, button, findings, accessibilityFaults, picture }) => {
        await page.emulateMedia({ colorScheme });
        await shows(signals, 'Undertone: locked out');
        await box.fill(STOCK_REPLY);
        await button.click();
        await shows(findings, 'The time that matters to them');
        assert.deepEqual(await accessibilityFaults(), []);
        await picture(`freshdesk-${colorScheme}`);
      }));
  }
});

test('the panel asks for the height it needs and fits 320 px', () =>
  beside({}, async ({ page, app, signals }) => {
    await shows(signals, 'Undertone: locked out');
    const wide = await app.locator('html').evaluate((html) => html.scrollWidth);
    assert.ok(wide <= 320, `${wide} px wide`);
    const asked = await page.evaluate(() => window.freshdesk.resized.at(-1));
    assert.ok(parseInt(asked.height, 10) > 300, asked.height);
  }));
