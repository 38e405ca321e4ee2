/** Random pipelines against the engine: whatever apps and clients do, what must arrive arrives in order, and nothing hangs. */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { takeAnswers } from '../../../test/http/answers.ts';
import type { Exchange, HttpLoop } from '../src/index.ts';
import { connect } from './clients.ts';
import { collect, fd, KINDS, serve } from './engine.ts';

/** How the app answers a request. */
interface Plan {
  readonly way: 'text' | 'bytes' | 'stream' | 'chunks' | 'raw';
  /** Bytes of the answer's body. */
  readonly size: number;
  /** Turns of the loop before the answer, and before each piece of it. */
  readonly delay: number;
  /** It waits when it is told to. */
  readonly heeds: boolean;
  readonly informs: boolean;
  /** The request's body; undefined for GET. */
  readonly upload: { readonly size: number; readonly chunked: boolean; readonly expects: boolean } | undefined;
}

interface Case {
  readonly plans: readonly Plan[];
  /** Bytes of the requests that are sent at once, in turn; a turn of the loop between them. */
  readonly splits: readonly number[];
  /** The client reads so little at a time, and then waits. 0: as much as comes. */
  readonly slowness: number;
  /** How the connection ends: by the last request, by the client's end behind it, or by that in the middle of one more. */
  readonly end: 'close' | 'half close' | 'cut';
}

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.nat(3_000) },
  { weight: 3, arbitrary: fc.nat(100_000) },
  { weight: 1, arbitrary: fc.nat(3_000_000) },
);

const plans: fc.Arbitrary<Plan> = fc.record({
  way: fc.constantFrom('text', 'bytes', 'stream', 'chunks', 'raw'),
  size: sizes,
  delay: fc.oneof(fc.constant(0), fc.nat(4)),
  heeds: fc.boolean(),
  informs: fc.nat(5).map((n) => n === 0),
  upload: fc.option(fc.record({ size: fc.nat(40_000), chunked: fc.boolean(), expects: fc.boolean() }), {
    nil: undefined,
    freq: 3,
  }),
});

const cases: fc.Arbitrary<Case> = fc.record({
  plans: fc.array(plans, { minLength: 1, maxLength: 24 }),
  splits: fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 8 }),
  slowness: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 })),
  end: fc.constantFrom('close', 'half close', 'cut'),
});

/** Bytes that tell whose they are, and where in it. */
const bodyOf = (index: number, size: number) => Buffer.alloc(size, `<${index}:0123456789abcdef>`);

function requestOf({ upload }: Plan, index: number, isLast: boolean): string {
  const fields = ['Host: test', ...(isLast ? ['Connection: close'] : [])];
  if (upload === undefined) return `GET /${index} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
  const body = 'u'.repeat(upload.size);
  if (upload.expects) fields.push('Expect: 100-continue');
  if (!upload.chunked) fields.push(`Content-Length: ${body.length}`);
  else fields.push('Transfer-Encoding: chunked');
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
  return `POST /${index} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${upload.chunked ? `${chunk}0\r\n\r\n` : body}`;
}

/** In the middle of its body the client ends its side. */
const CUT = 'POST /cut HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf';

class App {
  readonly #plans: readonly Plan[];
  /** What was told of the request that is cut off. */
  readonly cut: string[] = [];
  readonly wrong: string[] = [];

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
  }

  async serve(exchange: Exchange): Promise<void> {
    if (exchange.target === '/cut') {
      exchange.onGone = () => this.cut.push('gone');
      await collect(exchange).catch(() => this.cut.push('aborted'));
      return;
    }
    const index = Number(exchange.target.slice(1));
    const plan = this.#plans[index];
    if (plan === undefined) throw new Error(`no plan for ${exchange.target}`);
    exchange.onGone = () => this.wrong.push(`gone ${index}`);
    if (plan.informs) exchange.inform('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    for (let i = 0; i < plan.delay; i++) await turn();
    if (plan.upload !== undefined) {
      const body = await collect(exchange);
      if (body.length !== plan.upload.size) this.wrong.push(`a body of ${body.length} bytes at ${index}`);
    }
    await this.#answer(exchange, plan, bodyOf(index, plan.size));
  }

  async #answer(exchange: Exchange, plan: Plan, body: Buffer): Promise<void> {
    if (plan.way === 'text') return exchange.respond(200, '', body.toString('latin1'));
    if (plan.way === 'bytes') return exchange.respond(200, '', body);
    if (plan.way === 'raw') exchange.raw(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    else exchange.begin(200, '', plan.way === 'stream' ? body.length : undefined);
    const step = Math.max(1, Math.ceil(body.length / 7));
    for (let at = 0; at < body.length; at += step) {
      for (let i = 0; i < plan.delay; i++) await turn();
      const piece = body.subarray(at, at + step);
      const goesOn = plan.way === 'raw' ? exchange.raw(piece) : exchange.write(piece);
      if (goesOn || !plan.heeds) continue;
      await new Promise<void>((resolve) => {
        exchange.onDrain = () => resolve();
      });
    }
    if (plan.way === 'raw') exchange.rawEnd(exchange.keepsAlive);
    else exchange.end();
  }
}

async function run({ plans: all, splits, slowness, end }: Case, app: App, loop: HttpLoop): Promise<void> {
  const socket = await connect(fd);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece);
    if (slowness === 0) return;
    socket.pause();
    void waitTurns(slowness).then(() => socket.resume());
  });
  const closed = once(socket, 'close');
  const texts = all.map((plan, index) => requestOf(plan, index, end === 'close' && index === all.length - 1));
  await send(socket, texts.join('') + (end === 'cut' ? CUT : ''), splits);
  if (end !== 'close') socket.end();
  await closed;
  const methods = all.map(({ upload }) => (upload === undefined ? 'GET' : 'POST'));
  const { answers, rest } = takeAnswers(Buffer.concat(pieces).toString('latin1'), methods);
  expect(answers.map(({ body }, index) => body === bodyOf(index, all[index]?.size ?? 0).toString('latin1'))).toEqual(
    all.map(() => true),
  );
  expect([rest, app.wrong]).toEqual(['', []]);
  // The loop tells what happened between its turns in the next one.
  while (loop.stats.open > 0 || (end === 'cut' && app.cut.length < 2)) await turn();
  if (end === 'cut') expect(app.cut.sort()).toEqual(['aborted', 'gone']);
}

async function waitTurns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

async function send(socket: NodeJS.WritableStream, text: string, splits: readonly number[]): Promise<void> {
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = splits[i % splits.length] ?? 1;
    socket.write(text.slice(at, at + size), 'latin1');
    at += size;
    await turn();
  }
}

test.each(KINDS)(
  'random pipelines, answers, clients and ends by $multiplexer',
  async (kind) => {
    let app = new App([]);
    const loop = serve((exchange) => void app.serve(exchange), kind);
    await fc.assert(
      fc.asyncProperty(cases, (one) => {
        app = new App(one.plans);
        return run(one, app, loop);
      }),
      { numRuns: 40, timeout: 60_000, interruptAfterTimeLimit: 120_000 },
    );
  },
  240_000,
);
