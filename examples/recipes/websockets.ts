/** A WebSocket beside a Flask app, which says who may open it: `qilin -w 4 websockets.ts`, with any worker class. */
import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { abort, Flask, request, session } from '@qilin/flask';
import { toNodeHandler } from 'srvx/node';
import { type WebSocket, WebSocketServer } from 'ws';

const app = new Flask(import.meta);
app.config.fromPrefixedEnv(); // FLASK_SECRET_KEY

app.post('/login', async () => {
  session.set('name', (await request.form).require('name'));
  return ['', 204];
});

/** Who may open it, and under which name. It takes an upgrade: 426 without one. */
app.get('/chat', () => {
  const name = session.get('name');
  if (typeof name !== 'string') return abort(401);
  // Pages of other sites may open WebSockets, and the browser sends our cookies with them: RFC 6455, 10.2.
  const own = [`http://${request.host}`, `https://${request.host}`];
  if (!own.includes(request.headers.get('Origin') ?? '')) return abort(403);
  return [name, request.headers.has('Upgrade') ? 200 : 426];
});

const server = createServer(toNodeHandler(app.fetch) as RequestListener);
const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });

server.on('upgrade', async (message, socket, head) => {
  socket.on('error', () => socket.destroy());
  const answer = await ask(message).catch(() => new Response(null, { status: 400 }));
  if (answer.status !== 200) return refuse(socket, answer.status);
  const name = await answer.text();
  sockets.handleUpgrade(message, socket, head, (client) => talk(client, name));
});

/** The app's answer to the request that wants to be a WebSocket. */
async function ask({ url = '/', headers }: IncomingMessage): Promise<Response> {
  const fields = Object.entries(headers).map(([name, value = '']): [string, string] => [name, String(value)]);
  return app.fetch(new Request(`http://${headers.host}${url}`, { headers: fields }));
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function talk(client: WebSocket, name: string): void {
  client.on('error', () => client.terminate());
  client.on('message', (data) => client.send(`${name}: ${data}`));
}

server.listen(8000);
