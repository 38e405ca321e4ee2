import { setTimeout as sleep } from 'node:timers/promises';
import { getQuery, H3, iterable } from 'h3';
import { ticks } from './ticks.ts';

export const app = new H3();

app.get('/', () => 'Hello from H3!');
app.post('/echo', (event) => {
  event.res.headers.set('Content-Type', 'application/octet-stream');
  return event.req.body;
});
app.get('/stream', () => iterable(ticks()));
app.get('/slow', async (event) => {
  await sleep(Number(getQuery(event)['ms'] ?? 500));
  return 'slow\n';
});
