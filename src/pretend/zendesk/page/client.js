// Plays the vendor's client for the app in the frame, as Zendesk's pages tell it: promises for everything, hooks that
// can stop a submit. The page around it has the ids `editor`, `type`, `submit` and `outcome`.
// `ticket` is its id; `host` and `source` are the app's settings; `/vendor/request` is the proxy.
window.playZendesk = ({ ticket, host, source, scheme }) => {
  const editor = document.getElementById('editor');
  const type = document.getElementById('type');
  const handlers = {};
  const emit = (name, value) => Promise.all((handlers[name] ?? []).map((handler) => handler(value)));
  const properties = () => ({
    'ticket.id': Number(ticket),
    'currentUser.id': 9100000000201,
    colorScheme: scheme,
    comment: { text: editor.innerHTML, type: type.value, useRichText: true, attachments: [] },
  });

  window.zendesk = {
    resized: [],
    emit,
    paint(next) {
      scheme = next;
      return emit('colorScheme.changed', next);
    },
    client: {
      on(name, handler) {
        (handlers[name] ??= []).push(handler);
      },
      async get(paths) {
        const all = properties();
        const wanted = [paths].flat();
        return Object.fromEntries(wanted.map((path) => [path, all[path]]));
      },
      async invoke(name, options) {
        if (name === 'resize') window.zendesk.resized.push(options);
      },
      async context() {
        return { location: 'ticket_sidebar', account: { subdomain: 'meadowlark' }, ticketId: Number(ticket) };
      },
      // Secure settings are left out: the browser never has them.
      async metadata() {
        return { appId: 1, installationId: 2, version: '0.1.0', settings: { host, source } };
      },
      async request(options) {
        if (!options.secure || options.cors) throw { status: 0, statusText: 'secrets need secure:true and cors:false' };
        const answer = await fetch('/vendor/request', {
          method: 'POST',
          body: JSON.stringify({ url: options.url, method: options.type, headers: { ...options.headers, 'content-type': options.contentType ?? 'text/plain' }, body: options.data }),
        });
        const { status, text } = await answer.json();
        if (status < 200 || status > 299) throw { status, responseText: text };
        try {
          return JSON.parse(text);
        } catch {
          throw { status, statusText: 'parsererror', responseText: text };
        }
      },
    },
  };

  editor.addEventListener('input', () => emit('comment.text.changed', editor.innerHTML));
  type.addEventListener('change', () => emit('comment.type.changed', type.value));
  document.getElementById('submit').addEventListener('click', async () => {
    const outcome = document.getElementById('outcome');
    const started = performance.now();
    try {
      const verdicts = await emit('ticket.save');
      const stopped = verdicts.find((verdict) => verdict === false || typeof verdict === 'string');
      const ms = Math.round(performance.now() - started);
      outcome.textContent = stopped === undefined ? `Sent after ${ms} ms` : `Stopped: ${stopped}`;
    } catch (error) {
      outcome.textContent = `Stopped: ${error}`;
      return;
    }
    editor.innerHTML = '';
    await emit('ticket.submit.done');
  });

  const frame = document.createElement('iframe');
  frame.title = 'Undertone';
  frame.src = '/apps/zendesk/assets/iframe.html';
  document.body.append(frame);
};
