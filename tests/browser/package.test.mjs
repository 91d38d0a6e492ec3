// The packed apps: small, complete, the same every time, and as the vendors want them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { APPS } from './support/desk.mjs';

const run = promisify(execFile);
const PACKAGE = path.join(APPS, '..', '..', 'apps', 'package.sh');
const MOST_BYTES = 30_000;

const json = async (...names) => JSON.parse(await readFile(path.join(APPS, ...names), 'utf8'));

async function files(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) found.push(path.join(entry.parentPath ?? entry.path, entry.name));
  }
  return found;
}

/** Packs into a folder of its own, for `host`. */
async function packed(host, look) {
  const out = await mkdtemp(path.join(os.tmpdir(), 'undertone-apps-'));
  try {
    await run(PACKAGE, host ? [host] : [], { env: { ...process.env, OUT: out } });
    return await look(out);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

for (const app of ['zendesk', 'freshdesk']) {
  test(`${app}: stays under ${MOST_BYTES} bytes, pictures and all`, async () => {
    let bytes = 0;
    for (const file of await files(path.join(APPS, app))) bytes += (await stat(file)).size;
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
    assert.ok((await stat(path.join(APPS, `undertone-${app}.zip`))).size < MOST_BYTES);
  });

  test(`${app}: packs to the same bytes every time`, async () => {
    const zip = (out) => readFile(path.join(out, `undertone-${app}.zip`));
    const [one, other] = [await packed('', zip), await packed('', zip)];
    assert.ok(one.equals(other));
  });

  test(`${app}: puts nothing into the page as markup and keeps nothing in the browser`, async () => {
    for (const file of await files(path.join(APPS, app))) {
      if (!file.endsWith('.js')) continue;
      const code = await readFile(file, 'utf8');
      for (const word of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'localStorage', 'console.']) {
        assert.ok(!code.includes(word), `${word} in ${path.basename(file)}`);
      }
    }
  });
}

test('zendesk: the host that is packed for is the one that may be asked', () =>
  packed('undertone.yourcompany.com', async (out) => {
    const manifest = JSON.parse(await readFile(path.join(out, 'zendesk', 'manifest.json'), 'utf8'));
    assert.deepEqual(manifest.domainWhitelist, ['undertone.yourcompany.com']);
    assert.equal(manifest.parameters.find((one) => one.name === 'host').default, 'undertone.yourcompany.com');
  }));

test('what is not a host name is refused', async () => {
  for (const host of ['https://undertone.example.com', 'undertone.example.com/path', '"', 'Under tone']) {
    await assert.rejects(packed(host, () => {}), /is not a host name/, host);
  }
});

test('zendesk: the manifest is what the vendor asks for', async () => {
  const manifest = await json('zendesk', 'manifest.json');
  const { app } = await json('zendesk', 'translations', 'en.json');
  assert.equal(manifest.frameworkVersion, '2.0');
  assert.equal(manifest.private, true);
  assert.deepEqual(Object.keys(manifest.location.support), ['ticket_sidebar']);
  await stat(path.join(APPS, 'zendesk', manifest.location.support.ticket_sidebar.url));
  const types = ['text', 'checkbox', 'url', 'number', 'multiline', 'hidden'];
  for (const parameter of manifest.parameters) {
    assert.ok(types.includes(parameter.type), `${parameter.name}: ${parameter.type}`);
    assert.ok(app.parameters[parameter.name]?.label, parameter.name);
  }
  const token = manifest.parameters.find((one) => one.name === 'token');
  assert.equal(token.secure, true);
  assert.equal(token.default, undefined);
  for (const [name, side] of [['logo.png', 320], ['logo-small.png', 128]]) {
    const png = await readFile(path.join(APPS, 'zendesk', 'assets', name));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [side, side], name);
  }
});

test('zendesk: the version that is sent is the manifest\'s', async () => {
  const { version } = await json('zendesk', 'manifest.json');
  const service = await readFile(path.join(APPS, 'zendesk', 'assets', 'service.js'), 'utf8');
  assert.ok(service.includes(`APP_VERSION = '${version}'`));
});

test('freshdesk: the manifest, the requests and the settings agree', async () => {
  const manifest = await json('freshdesk', 'manifest.json');
  const requests = await json('freshdesk', 'config', 'requests.json');
  const iparams = await json('freshdesk', 'config', 'iparams.json');
  assert.equal(manifest['platform-version'], '3.0');
  assert.deepEqual(Object.keys(manifest.modules.common.requests).sort(), Object.keys(requests).sort());
  const { url, icon } = manifest.modules.support_ticket.location.ticket_sidebar;
  for (const file of [url, icon]) await stat(path.join(APPS, 'freshdesk', 'app', file));
  for (const { schema } of Object.values(requests)) {
    // The vendor fills secure settings into headers alone; host and path must do without.
    for (const [, name] of `${schema.host} ${schema.path}`.matchAll(/iparam\.(\w+)/g)) {
      assert.ok(iparams[name] && !iparams[name].secure, name);
    }
    assert.equal(schema.headers.Authorization, 'Bearer <%= iparam.undertone_token %>');
  }
  assert.equal(iparams.undertone_token.secure, true);
});
