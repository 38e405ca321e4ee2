import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../src/contract/line-reader.ts';
import {
  encodeWorkerMessage,
  LONGEST_LINE,
  parseArbiterMessage,
  parseWorkerMessage,
  type RetireCause,
  type WorkerMessage,
} from '../../src/contract/messages.ts';

const count = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);
const message: fc.Arbitrary<WorkerMessage> = fc.oneof(
  fc.record({ type: fc.constant('ready' as const) }),
  fc.record({
    type: fc.constant('heartbeat' as const),
    silentFor: count,
    stuckFor: count,
    stats: fc.record({
      connections: count,
      accepted: count,
      requests: count,
      wakeups: count,
      unproxied: count,
      shed: count,
      answers: fc.array(count),
      tally: fc.array(count),
    }),
    slow: fc.array(
      fc.record({
        method: fc.string({ maxLength: 20 }),
        route: fc.string({ maxLength: 200 }),
        status: count,
        queue: count,
        app: count,
        writing: count,
      }),
      { maxLength: 8 },
    ),
    usage: fc.record({
      cpu: count,
      lag: count,
      resident: count,
      heapUsed: count,
      heapLimit: count,
      spaces: fc.array(count, { maxLength: 6 }),
    }),
  }),
  fc.record({
    type: fc.constant('retire' as const),
    cause: fc.constantFrom<RetireCause>('share', 'memory', 'failure'),
    reason: fc.string({ unit: 'binary' }),
  }),
  fc.record({ type: fc.constant('snapshot' as const) }),
  fc.record({
    type: fc.constant('bootFailed' as const),
    code: fc.constant('APP_FAILED' as const),
    text: fc.string({ unit: 'binary' }),
  }),
);

describe('a message of a worker', () => {
  it('is one line, and is read as it was written', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const line = encodeWorkerMessage(sent);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(parseWorkerMessage(line)).toEqual(JSON.parse(line));
        expect(parseWorkerMessage(line)).toEqual(sent);
      }),
    );
  });

  it('may have more fields than this arbiter knows: they are left out', () => {
    expect(parseWorkerMessage('{"type":"ready","since":1}')).toEqual({ type: 'ready' });
  });

  it.each([
    ['', 'null', '[]', '1', '"ready"', '{', '{}', '{"type":"toString"}', '{"type":["ready"]}'],
    [
      '{"type":"retire"}',
      '{"type":"retire","cause":"age","reason":"x"}',
      '{"type":"retire","cause":"share","reason":null}',
    ],
    ['{"type":"heartbeat"}', '{"type":"heartbeat","silentFor":-1,"stats":null}'],
    ['{"type":"heartbeat","silentFor":"0","stats":null}', '{"type":"heartbeat","silentFor":0,"stuckFor":0,"stats":{}}'],
    ['{"type":"bootFailed","code":"toString","text":""}', '{"type":"bootFailed","code":"APP_FAILED"}'],
  ])('is not made of %s, %s and their like', (...lines) => {
    for (const line of lines) expect(parseWorkerMessage(line), line).toBeUndefined();
  });

  it('is read from any text without an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        parseWorkerMessage(line);
      }),
    );
  });

  it('fits a line, however long the text is that an app throws', () => {
    const line = encodeWorkerMessage({ type: 'bootFailed', code: 'APP_FAILED', text: '\0'.repeat(1_000_000) });
    expect(line.length).toBeLessThan(LONGEST_LINE);
    expect(parseWorkerMessage(line)).toMatchObject({ text: expect.stringContaining('(cut here: 1000000 characters)') });
  });
});

describe('the reader of lines', () => {
  it('finds the same lines wherever the text is cut, and leaves out those that are too long', () => {
    const limit = 5;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 12 })), (parts) => {
        const found: string[] = [];
        let tooLong = 0;
        const reader = new LineReader(
          limit,
          (line) => found.push(line),
          () => {
            tooLong += 1;
          },
        );
        for (const part of parts) reader.push(part);
        const lines = parts.join('').split('\n');
        expect(found).toEqual(lines.slice(0, -1).filter(({ length }) => length <= limit));
        expect(tooLong).toBe(lines.filter(({ length }) => length > limit).length);
      }),
    );
  });
});

describe('an order to boot', () => {
  const config = { maxRequests: 3, maxAge: 60, requestTimeout: 9, healthCheck: '/' };
  const boot = { type: 'boot', config, listeners: [], age: 1, generation: 1 };

  it('of an arbiter that does not know some settings has them off, as its worker may be newer', () => {
    expect(parseArbiterMessage(JSON.stringify({ ...boot, config: { maxRequests: 3 } }))).toMatchObject({
      config: {
        maxRequests: 3,
        maxAge: 0,
        maxAgeJitter: 0,
        requestTimeout: 0,
        heapLimit: 0,
        maxMemory: 0,
        heapSnapshot: null,
        websocketDrain: 10,
        healthCheck: null,
        proxyProtocol: false,
      },
    });
  });

  it.each([
    [{}, false],
    [{ isOnTrial: false }, false],
    [{ isOnTrial: true }, true],
  ])('of an arbiter from before there were trials is one without: %j', (said, isOnTrial) => {
    expect(parseArbiterMessage(JSON.stringify({ ...boot, ...said }))).toMatchObject({ ...boot, isOnTrial });
  });

  it.each([{ startedAt: 12 }, { startedAt: undefined }])('tells since when bootTimeout counts, or not: %j', (said) => {
    expect(parseArbiterMessage(JSON.stringify({ ...boot, ...said }))).toMatchObject(said);
    expect(parseArbiterMessage(JSON.stringify({ ...boot, startedAt: -1 }))).toMatchObject({ startedAt: undefined });
  });
});
