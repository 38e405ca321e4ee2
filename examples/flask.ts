import { setTimeout as sleep } from 'node:timers/promises';
import { Flask, request } from '@qilin/flask';
import { ticks } from './ticks.ts';

export const app = new Flask(import.meta);

app.get('/', () => 'Hello from Flask!');
app.post('/echo', () => new Response(request.stream, { headers: { 'Content-Type': 'application/octet-stream' } }));
app.get('/stream', () => ticks());
app.get('/slow', async () => {
  await sleep(request.args.get('ms', 500, Number));
  return 'slow\n';
});

app.get('/user/<int:id>', { endpoint: 'user' }, ({ id }) => ({ id, next: id + 1 }));
app.errorhandler(404, () => ['Nothing here.\n', 404]);

// `node --import tsx examples/flask.ts` starts the development server.
if (process.argv[1] === import.meta.filename) app.run({ port: 5000 });
