// Loads the app of argv in a process of its own, serves it on a free port, and tells the parent what came of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createFront } from 'node:net';
import { interceptListen } from '../../dist/app/intercept.js';
import { loadApp } from '../../dist/app/load.js';
import { explain, QilinError } from '../../dist/contract/errors.js';
import { openLightRoom } from '../../dist/http/light/door.js';
import { fetchToNodeListener } from '../../dist/http/node/fetch-listener.js';

const { app: name, chdir, called = 'auto', patience = 15_000, abortAfterLoad } = JSON.parse(process.argv[2] ?? '{}');
/** @type {string[]} */
const notes = [];
await openLightRoom();
const leaving = new AbortController();
const interception = interceptListen({
  addresses: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
  traffic: { connections: () => 0, closed: async () => {}, close() {}, unreferenced() {} },
});

/** @param {import('../../dist/contract/app.js').App} app */
function serverOf(app) {
  if (app.kind === 'server') return app.server;
  return createServer(app.kind === 'fetch' ? fetchToNodeListener(app.fetch, { onError: () => {} }) : app.listener);
}

/** @param {import('node:net').Server} server */
async function askThrough(server) {
  const front = createFront((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  const answer = await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
  return answer.text();
}

async function outcome() {
  const log = {
    debug: notes.push.bind(notes),
    info: notes.push.bind(notes),
    warning: notes.push.bind(notes),
    error: notes.push.bind(notes),
  };
  const source = { app: name, args: [], interface: called, chdir, bootTimeout: patience / 1000 };
  try {
    const app = await loadApp(source, { signal: leaving.signal, interception, patience, log });
    interception.restore();
    const text = await askThrough(serverOf(app));
    if (abortAfterLoad) leaving.abort();
    await app.onShutdown?.();
    return { kind: app.kind, text, notes, shutdown: Reflect.get(globalThis, 'shutdown') };
  } catch (error) {
    if (!(error instanceof QilinError)) throw error;
    return { code: error.code, status: error.exitStatus, text: explain(error) };
  }
}

process.send?.(await outcome(), () => process.exit());
