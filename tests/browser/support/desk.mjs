// The helpdesk's web server: its pages, the packed apps, and the proxy that puts secrets into an app's requests.
import http from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const HERE = path.dirname(new URL(import.meta.url).pathname);
const HOSTS = path.join(HERE, '..', 'hosts');
export const APPS = path.join(HERE, '..', '..', '..', 'target', 'apps');
// What plays Zendesk's client here is what plays it in `undertone demo`.
export const ZENDESK = path.join(HERE, '..', '..', '..', 'src', 'pretend', 'zendesk', 'page');

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png' };

/** Starts one. Requests to the host `settings.host` go to `undertoneUrl`, whatever the app is told. */
export async function startDesk({ undertoneUrl, settings }) {
  const desk = { undertoneUrl, settings, hanging: false };
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://desk');
    try {
      if (pathname === '/vendor/request') await forward(desk, request, response);
      else await serveFile(pathname, response);
    } catch (error) {
      response.writeHead(error.code === 'ENOENT' ? 404 : 500).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  desk.url = `http://127.0.0.1:${server.address().port}`;
  desk.stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return desk;
}

async function serveFile(pathname, response) {
  const app = pathname.match(/^\/apps\/(.+)$/);
  let file = app ? path.join(APPS, app[1]) : path.join(HOSTS, pathname);
  if (pathname === '/zendesk-client.js') file = path.join(ZENDESK, 'client.js');
  let content = await readFile(file);
  // Freshworks puts the address of its client in when it serves an app's page.
  if (pathname.startsWith('/apps/freshdesk/') && file.endsWith('.html')) {
    content = content.toString().replace('{{{appclient}}}', '/freshdesk-client.js');
  }
  response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(content);
}

/** Does on the server's side what both vendors do: fills the secrets in, asks, and hands the answer back. */
async function forward(desk, request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const asked = JSON.parse(body);
  // A proxy that never comes back; the tests end before it would.
  if (desk.hanging) return;
  const fill = (text) => text.replace(/\{\{setting\.(\w+)\}\}/g, (_, name) => desk.settings[name] ?? '');
  const headers = Object.fromEntries(Object.entries(asked.headers ?? {}).map(([name, value]) => [name, fill(value)]));
  const url = new URL(asked.url);
  let status = 502;
  let text = 'Error in establishing connection';
  if (url.protocol === 'https:' && url.host === desk.settings.host) {
    try {
      const answer = await fetch(desk.undertoneUrl + url.pathname, { method: asked.method, headers, body: asked.body });
      status = answer.status;
      text = await answer.text();
    } catch {
      // Undertone is gone: what stands above is what a proxy says then.
    }
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status, text }));
}
