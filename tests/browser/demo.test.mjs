// `undertone demo` itself: the real service between the pretend helpdesks, and the page where one writes a reply.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPage, shows, startBrowser } from './support/browser.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const UNDERTONE = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'debug', 'undertone');
const STOCK_REPLY = 'We completely understand your frustration. We apologise for any inconvenience.';

let browser;
let demo;
let told = '';
before(async () => {
  browser = await startBrowser();
  demo = spawn(UNDERTONE, ['demo'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of demo.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    told += text;
    if (told.includes('The pretend helpdesks answer')) break;
  }
  demo.stdout.resume();
});
after(async () => {
  const ended = once(demo, 'exit');
  demo.kill('SIGINT');
  await ended;
  await browser.stop();
});

/** Opens the page of a ticket, by its title in what the demo tells. */
async function beside(title, story) {
  const page = told.match(/http:\/\/127\.0\.0\.1:\d+\/demo\/tickets\//)[0];
  const ticket = told.match(new RegExp(`── ${title} \\(Zendesk.*ticket (\\d+)\\)`))[1];
  const opened = await openPage(browser, page + ticket);
  try {
    await story(opened);
    assert.deepEqual(opened.trouble, []);
  } finally {
    await opened.close();
  }
}

test('the page has the ticket, its note and the panel with the same words', () =>
  beside('Two weeks and a third try', async ({ page, signals, picture, accessibilityFaults }) => {
    await shows(page.locator('#messages'), 'I work from home and I am exhausted');
    await shows(page.locator('.note'), 'Undertone: ');
    await shows(signals, 'Undertone: ');
    await shows(signals, 'Before you reply:');
    assert.match(await page.locator('nav a[aria-current]').textContent(), /^Router still drops the line #\d+$/);
    assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
    await picture('demo-page', page);
  }));

test('a stock reply is questioned with the words of both, and can be sent', () =>
  beside('Two weeks and a third try', async ({ page, editor, findings, submit, picture }) => {
    await editor.pressSequentially(STOCK_REPLY);
    await shows(findings, 'A stock phrase on its own');
    await shows(findings, 'They wrote “third time I am writing”');
    await shows(findings, 'Your draft has “We completely understand your frustration');
    await picture('demo-page-findings', page);
    assert.ok((await submit()) < 2000);
  }));

test('a short answer to somebody in a hurry raises nothing', () =>
  beside('A hurried one-liner', async ({ editor, findings }) => {
    await editor.fill('The corrected invoice is attached.');
    await shows(findings, 'Nothing to add.');
  }));

test('the page never has the app\'s token', () =>
  beside('A hurried one-liner', async ({ page, signals }) => {
    const seen = [];
    page.on('request', (request) => seen.push(request.postData() ?? ''));
    page.on('response', async (response) => seen.push(await response.text().catch(() => '')));
    await page.reload({ waitUntil: 'networkidle' });
    await shows(signals, 'Undertone: ');
    assert.ok(seen.some((text) => text.includes('{{setting.token}}')));
    assert.ok(!seen.some((text) => text.includes('demo-app-token')));
  }));
