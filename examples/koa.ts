import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { ticks } from './ticks.ts';

export const app = new Koa();

// Koa has no router of its own; what sets no body is answered with 404.
app.use(async (ctx) => {
  const route = `${ctx.method} ${ctx.path}`;
  if (route === 'GET /') ctx.body = 'Hello from Koa!';
  else if (route === 'POST /echo') ctx.body = ctx.req;
  else if (route === 'GET /stream') ctx.body = Readable.from(ticks());
  else if (route === 'GET /slow') {
    await sleep(Number(ctx.query['ms'] ?? 500));
    ctx.body = 'slow\n';
  }
});
