import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { ticks } from './ticks.ts';

export const app = new Hono();

app.get('/', (c) => c.text('Hello from Hono!'));
app.post('/echo', (c) => new Response(c.req.raw.body, { headers: { 'Content-Type': 'application/octet-stream' } }));
app.get('/stream', (c) =>
  stream(c, async (out) => {
    for await (const tick of ticks()) await out.write(tick);
  }),
);
app.get('/slow', async (c) => {
  await sleep(Number(c.req.query('ms') ?? 500));
  return c.text('slow\n');
});
