// One Chromium for a test file, and a ticket opened in it beside the app.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { ZENDESK, startDesk } from './desk.mjs';
import { TOKEN, startUndertone } from './undertone.mjs';

const ARTIFACTS = path.join(path.dirname(new URL(import.meta.url).pathname), '..', 'artifacts');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// The first is needed by root; the others keep Chromium from asking anything of the network.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const VENDOR_SDK = 'https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js';
const HOST = 'undertone.example.com';

/** Starts Chromium with an empty profile of its own. */
export async function startBrowser() {
  const profile = await mkdtemp(path.join(os.tmpdir(), 'undertone-browser-'));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, viewport: { width: 900, height: 700 } });
  await context.route(VENDOR_SDK, async (route) => {
    await route.fulfill({ contentType: 'text/javascript', body: await readFile(path.join(ZENDESK, 'sdk.js'), 'utf8') });
  });
  const stop = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, stop };
}

/** A ticket opened on a pretend helpdesk, with the app beside it. `url` is a real Undertone; without it a stand-in serves. */
export async function openTicket(browser, helpdesk, { ticket, url, source = 'meadowlark', token = TOKEN, query = {} }) {
  const undertone = url ? null : await startUndertone();
  const settings = { host: HOST, source, token };
  const desk = await startDesk({ undertoneUrl: url ?? undertone.url, settings });
  const opened = await openPage(browser, `${desk.url}/${helpdesk}.html?${new URLSearchParams({ ticket, host: HOST, source, ...query })}`);
  return {
    ...opened, desk, undertone,
    async close() {
      await opened.close();
      await desk.stop();
      await undertone?.stop();
    },
  };
}

/** A page with a reply box, and the app in its frame. */
export async function openPage(browser, url) {
  const page = await browser.context.newPage();
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(error));
  const open = () => page.goto(url);
  await open();
  const app = page.frameLocator('iframe');
  return {
    page, trouble, app, open,
    signals: app.locator('#signals'),
    findings: app.locator('#findings'),
    editor: page.locator('#editor'),
    /** Sends the reply and answers how many milliseconds that took. */
    async submit() {
      await page.click('#submit');
      const outcome = page.locator('#outcome');
      await outcome.filter({ hasText: /./ }).waitFor();
      const said = await outcome.textContent();
      const sent = said.match(/^Sent after (\d+) ms$/);
      if (!sent) throw new Error(said);
      return Number(sent[1]);
    },
    /** Keeps a screenshot of the app, or of `what`. */
    async picture(name, what = page.locator('iframe')) {
      await mkdir(ARTIFACTS, { recursive: true });
      await what.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
    },
    /** What axe finds wrong in the app's page, or in `frame`, as `rule: element` lines. */
    async accessibilityFaults(frame = page.frames().find((one) => one !== page.mainFrame())) {
      await frame.addScriptTag({ path: AXE });
      const { violations } = await frame.evaluate(() => window.axe.run({ iframes: false }));
      return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`));
    },
    close: () => page.close(),
  };
}

/** Waits until `region` has `words` (a string in it, or a pattern), or fails after `ms`. */
export async function shows(region, words, ms = 6000) {
  await region.filter({ hasText: words }).waitFor({ timeout: ms });
}
