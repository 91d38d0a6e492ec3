// The Zendesk app beside a ticket, in a real browser.
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
  const ticket = await openTicket(browser, 'zendesk', { ticket: '35211', ...options });
  try {
    await story(ticket);
    assert.deepEqual(ticket.trouble, []);
  } finally {
    await ticket.close();
  }
}

test('the ticket\'s signals are shown in the words of the note', () =>
  beside({}, async ({ signals, undertone, picture }) => {
    await shows(signals, 'Undertone: locked out, presentation in 10 hours, talks of leaving');
    await shows(signals, 'Clear: deadline “presenting to the board at 9 tomorrow”');
    await shows(signals, 'Before you reply: what does tonight look like');
    assert.deepEqual(await signals.locator('strong').allTextContents(), ['Clear:', 'Clear:', 'Possible reading:', 'Before you reply:']);
    assert.equal(undertone.seen[0].path, '/webhooks/meadowlark/tickets/35211/signals');
    assert.equal(undertone.seen[0].authorization, `Bearer ${TOKEN}`);
    await picture('zendesk-signals');
  }));

test('silence is said in plain words', async (t) => {
  const cases = [
    ['nothing noteworthy', '35213', 'Nothing to know beyond what the ticket says.'],
    ['a language that is not read', '35215', 'Undertone does not read the language of this message.'],
    ['a note whose words are not kept', '35216', 'See the private note on this ticket: its words are not kept here.'],
    ['one that was never posted', '35217', 'Something was noticed here; its words are not kept.'],
    ['a ticket that is not known yet', '99999', 'Nothing read yet on this ticket.'],
  ];
  for (const [name, ticket, words] of cases) {
    await t.test(name, () => beside({ ticket }, ({ signals }) => shows(signals, words)));
  }
});

test('typing shows findings with the words of both sides', () =>
  beside({}, async ({ editor, findings, undertone, picture }) => {
    await editor.pressSequentially(STOCK_REPLY);
    await shows(findings, 'The time that matters to them');
    await shows(findings, 'They wrote “I am presenting to the board at 9 tomorrow”');
    await shows(findings, 'What will have changed for them by then?');
    assert.equal(undertone.drafts().length, 1, 'one pause in typing is one question');
    const { draft_id, editor_changed_at, ...draft } = undertone.drafts()[0];
    assert.match(draft_id, /^[0-9a-f-]{36}$/);
    assert.match(editor_changed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(draft, {
      schema: 'undertone.draft.v1',
      platform: 'zendesk',
      event: 'reply_drafted',
      account: { subdomain: 'meadowlark' },
      ticket_id: '35211',
      agent_id: '9100000000201',
      comment_type: 'publicReply',
      trigger: 'comment.text.changed',
      draft_html: STOCK_REPLY,
      draft_text: null,
      app_version: '0.1.0',
    });
    await picture('zendesk-findings');
  }));

test('a draft that is there already is looked at when the panel opens', () =>
  beside({ query: { draft: STOCK_REPLY } }, async ({ findings, undertone }) => {
    await shows(findings, 'The time that matters to them');
    assert.equal(undertone.drafts().length, 1);
  }));

test('findings go when the draft answers the fact, under the same draft id until it is sent', () =>
  beside({}, async ({ editor, findings, undertone, submit }) => {
    await editor.pressSequentially(STOCK_REPLY);
    await shows(findings, 'The time that matters to them');
    await editor.fill('You will be in before nine tomorrow, I am on it now.');
    await shows(findings, 'Nothing to add.');
    await submit();
    await editor.fill('One more thing about tomorrow.');
    await shows(findings, 'Nothing to add.');
    const drafts = undertone.drafts();
    assert.deepEqual(drafts.map((draft) => draft.trigger), ['comment.text.changed', 'comment.text.changed', 'ticket.save', 'comment.text.changed']);
    const ids = drafts.map((draft) => draft.draft_id);
    assert.equal(new Set(ids.slice(0, 3)).size, 1);
    assert.notEqual(ids[3], ids[0]);
  }));

test('a short answer to a customer in a hurry raises nothing', () =>
  beside({ ticket: '35212' }, async ({ editor, findings, picture }) => {
    await editor.pressSequentially('Gate 14, boarding until 18:40.');
    await shows(findings, 'Nothing to add.');
    assert.equal(await findings.locator('.finding').count(), 0);
    await picture('zendesk-nothing-to-add');
  }));

test('internal notes and empty replies are not checked, and are sent at once', () =>
  beside({}, async ({ page, editor, findings, undertone, submit }) => {
    await page.selectOption('#type', 'internalNote');
    await editor.pressSequentially(STOCK_REPLY);
    await shows(findings, 'Internal notes are not checked.');
    assert.ok((await submit()) < 1000);
    await page.selectOption('#type', 'publicReply');
    await editor.pressSequentially('   ');
    await shows(findings, 'Questions, if any, appear here while you write a public reply.');
    assert.ok((await submit()) < 1000);
    assert.deepEqual(undertone.drafts(), []);
  }));

test('the draft is looked at once more when it is sent', () =>
  beside({}, async ({ editor, undertone, submit }) => {
    await editor.fill(STOCK_REPLY);
    // At once: the pause in typing has not passed yet.
    assert.ok((await submit()) < 2000);
    assert.deepEqual(undertone.drafts().map((draft) => [draft.trigger, draft.draft_html]), [['ticket.save', STOCK_REPLY]]);
  }));

test('sending works within two seconds whatever Undertone does', async (t) => {
  const cases = [
    ['slow', ({ undertone }) => { undertone.mode = 'slow'; }],
    ['an error', ({ undertone }) => { undertone.mode = 'error'; }],
    ['a page instead of JSON', ({ undertone }) => { undertone.mode = 'html'; }],
    ['broken JSON', ({ undertone }) => { undertone.mode = 'broken json'; }],
    ['JSON of another shape', ({ undertone }) => { undertone.mode = 'other json'; }],
    ['gone', ({ undertone }) => undertone.stop()],
    ['a proxy that hangs', ({ desk }) => { desk.hanging = true; }],
  ];
  for (const [name, fail] of cases) {
    await t.test(name, () =>
      beside({}, async (ticket) => {
        await shows(ticket.signals, 'Undertone: locked out');
        await fail(ticket);
        await ticket.editor.fill(STOCK_REPLY);
        // Typing tells the agent so, in words.
        await shows(ticket.findings, SILENT, 9000);
        const ms = await ticket.submit();
        assert.ok(ms < 2000, `sent after ${ms} ms`);
      }));
  }
});

test('a look that could not be taken says why', async (t) => {
  const cases = [
    ['incomplete', 'Undertone could not look in time. You can send as usual.'],
    ['no message', 'There is no message of a customer on this ticket to read.'],
    ['not here', 'This is not Undertone\'s address. Ask your admin to check the service host in the app\'s settings.'],
  ];
  for (const [mode, words] of cases) {
    await t.test(mode, () =>
      beside({}, async ({ signals, editor, findings, undertone }) => {
        await shows(signals, 'Undertone: locked out');
        undertone.mode = mode;
        await editor.fill(STOCK_REPLY);
        await shows(findings, words);
      }));
  }
});

test('a wrong token is told in plain words and stops nobody', () =>
  beside({ token: 'not-this-one' }, async ({ signals, editor, findings, submit, picture }) => {
    const words = 'Undertone refuses this app\'s token. Ask your admin to check it in the app\'s settings.';
    await shows(signals, words);
    await editor.fill(STOCK_REPLY);
    await shows(findings, words);
    await picture('zendesk-wrong-token');
    assert.ok((await submit()) < 2000);
  }));

test('the token never reaches the browser', () =>
  beside({}, async ({ page, signals, editor, findings }) => {
    const sent = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await shows(signals, 'Undertone: locked out');
    await editor.fill(STOCK_REPLY);
    await shows(findings, 'The time that matters to them');
    assert.ok(sent.some((text) => text.includes('{{setting.token}}')));
    assert.ok(!sent.some((text) => text.includes(TOKEN)));
  }));

test('a message with markup in it stays text', () =>
  beside({ ticket: '35214' }, async ({ page, signals, editor, findings }) => {
    await shows(signals, 'Undertone: <b>in a hurry</b> <img src=x onerror="window.hacked=1">');
    await shows(signals, '“<script>window.hacked=1</script> now & <i>here</i>”');
    await editor.fill(STOCK_REPLY);
    await shows(findings, 'They wrote “<img src=x onerror="window.hacked=1"> by Friday”');
    // A draft with a handler in it must not run either when it is looked at for words.
    await editor.evaluate((node) => {
      const image = '<img src="nowhere" onerror="top.hacked=1">';
      Object.defineProperty(node, 'innerHTML', { get: () => `${image} on Friday` });
      node.dispatchEvent(new Event('input'));
    });
    await shows(findings, 'Nothing to add.');
    for (const frame of page.frames()) assert.equal(await frame.evaluate(() => window.hacked), undefined);
    assert.equal(await signals.locator('b, i, img, script').count(), 0);
  }));

test('an answer to an older draft does not replace a newer one', () =>
  beside({}, async ({ signals, editor, findings, undertone }) => {
    await shows(signals, 'Undertone: locked out');
    undertone.mode = 'slow';
    await editor.fill(STOCK_REPLY);
    await undertone.drafted(1);
    undertone.mode = 'well';
    await editor.fill('You will be in before nine tomorrow.');
    await shows(findings, 'Nothing to add.');
    // The slow one gives up meanwhile; what is shown stays.
    await assert.rejects(shows(findings, SILENT, 4000));
  }));

test('the signals are read again when the agent comes back or the ticket changes', () =>
  beside({}, async ({ page, signals, undertone }) => {
    await shows(signals, 'Undertone: locked out');
    undertone.mode = 'error';
    await page.evaluate(() => window.zendesk.emit('ticket.updated'));
    await shows(signals, SILENT);
    undertone.mode = 'well';
    await page.evaluate(() => window.zendesk.emit('app.activated'));
    await shows(signals, 'Undertone: locked out');
  }));

test('findings are announced, and not again while nothing changes', () =>
  beside({}, async ({ editor, findings, undertone }) => {
    assert.equal(await findings.getAttribute('aria-live'), 'polite');
    await editor.pressSequentially(STOCK_REPLY);
    await shows(findings, 'The time that matters to them');
    await findings.evaluate((region) => {
      window.changes = 0;
      new MutationObserver(() => { window.changes += 1; }).observe(region, { childList: true, subtree: true });
    });
    await editor.pressSequentially(' Kind regards');
    await undertone.drafted(2);
    await editor.fill('You will be in before nine tomorrow.');
    await shows(findings, 'Nothing to add.');
    assert.equal(await findings.evaluate(() => window.changes), 1, 'the same findings came twice');
  }));

test('light and dark both pass the accessibility rules, and follow the helpdesk', async (t) => {
  for (const scheme of ['light', 'dark']) {
    await t.test(scheme, () =>
      beside({ query: { scheme } }, async ({ app, signals, editor, findings, accessibilityFaults, picture }) => {
        await shows(signals, 'Undertone: locked out');
        await editor.fill(STOCK_REPLY);
        await shows(findings, 'The time that matters to them');
        assert.equal(await app.locator('html').getAttribute('data-scheme'), scheme);
        const ground = await app.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
        assert.equal(ground, scheme === 'dark' ? 'rgb(21, 26, 30)' : 'rgb(255, 255, 255)');
        assert.deepEqual(await accessibilityFaults(), []);
        await picture(`zendesk-${scheme}`);
      }));
  }
  await t.test('changed while open', () =>
    beside({}, async ({ page, app, signals }) => {
      await shows(signals, 'Undertone: locked out');
      await page.evaluate(() => window.zendesk.paint('dark'));
      assert.equal(await app.locator('html').getAttribute('data-scheme'), 'dark');
    }));
});

test('the panel asks for the height it needs and fits 320 px', () =>
  beside({}, async ({ page, app, signals, editor, findings }) => {
    await shows(signals, 'Undertone: locked out');
    await editor.fill(STOCK_REPLY);
    await shows(findings, 'The time that matters to them');
    const wide = await app.locator('html').evaluate((html) => html.scrollWidth);
    assert.ok(wide <= 320, `${wide} px wide`);
    const asked = await page.evaluate(() => window.zendesk.resized.at(-1));
    assert.equal(asked.width, '100%');
    assert.ok(parseInt(asked.height, 10) > 200, asked.height);
  }));
