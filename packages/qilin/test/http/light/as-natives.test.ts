/** Any sequence of what an app may do to a message: the light classes answer each step as Node's own do. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FastRequest } from '../../../src/http/light/fast-request.ts';
import { useLightClasses } from '../../../src/http/light/light-classes.ts';
import { FakeExchange } from '../fake-exchange.ts';

const NativeRequest = globalThis.Request;
const NativeResponse = globalThis.Response;
useLightClasses();

type Message = Request | Response;
/** What a message made anew has of its own. */
type Changes = Pick<RequestInit, 'headers'> & { readonly body?: string };

/** What a step gave: a value, or the kind of its error. */
async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return plain(await work());
  } catch (error) {
    return error instanceof Error ? `throws ${error.name}` : 'throws';
  }
}

async function plain(value: unknown): Promise<unknown> {
  if (value instanceof ArrayBuffer) return ['ArrayBuffer', Buffer.from(value).toString('latin1')];
  if (value instanceof Uint8Array) return ['Uint8Array', Buffer.from(value).toString('latin1')];
  if (value instanceof FormData) return ['FormData', [...value]];
  if (value instanceof Blob) return ['Blob', value.type, await value.text()];
  return value;
}

/** Every member that is a plain value, and the headers. */
function facts(message: Message): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const own = message instanceof NativeRequest ? NativeRequest : NativeResponse;
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(own.prototype))) {
    if (member.get === undefined) continue;
    const value: unknown = Reflect.get(message, name);
    if (typeof value !== 'object') found[name] = value;
  }
  found['headers'] = [...message.headers];
  found['hasBody'] = message.body !== null;
  found['locked'] = message.body?.locked;
  return found;
}

const READS = ['text', 'json', 'arrayBuffer', 'blob', 'formData', 'bytes'] as const;
const READABLE = READS.filter((name) => name in NativeResponse.prototype);

/** Steps that leave the message in hand, or put another in its place. */
const step = fc.oneof(
  fc.constantFrom(...READABLE).map((name) => ({ do: 'read' as const, name })),
  fc.constantFrom(
    { do: 'facts' as const },
    { do: 'touch' as const },
    { do: 'lock' as const },
    { do: 'cancel' as const },
    { do: 'clone' as const },
    { do: 'read clone' as const },
    { do: 'anew' as const },
    { do: 'anew with headers' as const },
    { do: 'anew with a body' as const },
    { do: 'set header' as const },
    { do: 'set type' as const },
    { do: 'append header' as const },
    { do: 'delete header' as const },
  ),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Tells what each step gave. */
async function play(first: Message, steps: readonly Step[], anew: (given: Message, init?: Changes) => Message) {
  let message = first;
  const told: unknown[] = [facts(message)];
  const replace = (make: () => Message) =>
    outcome(() => {
      message = make();
      return facts(message);
    });
  for (const { do: what, ...rest } of steps) {
    switch (what) {
      case 'read':
        told.push(
          await outcome(() => Reflect.apply(Reflect.get(message, 'name' in rest ? rest.name : ''), message, [])),
        );
        break;
      case 'facts':
        told.push(facts(message));
        break;
      case 'touch':
        told.push(message.body === null);
        break;
      case 'lock':
        told.push(
          await outcome(() =>
            message.body
              ?.getReader()
              .read()
              .then(({ done }) => done),
          ),
        );
        break;
      case 'cancel':
        // Not awaited: that of a stream with a clone ends with the clone's.
        message.body?.cancel().catch(() => {});
        break;
      case 'clone':
        told.push(await replace(() => message.clone()));
        break;
      case 'read clone':
        told.push(await outcome(() => message.clone().text()));
        break;
      case 'anew':
        told.push(await replace(() => anew(message)));
        break;
      case 'anew with headers':
        told.push(await replace(() => anew(message, { headers: { 'x-new': 'n' } })));
        break;
      case 'anew with a body':
        told.push(await replace(() => anew(message, { body: 'another' })));
        break;
      case 'set header':
        told.push(await outcome(() => message.headers.set('X-A', ' s ')));
        break;
      case 'set type':
        told.push(await outcome(() => message.headers.set('Content-Type', 'text/other')));
        break;
      case 'append header':
        told.push(await outcome(() => message.headers.append('x-a', 'p')));
        break;
      case 'delete header':
        told.push(await outcome(() => message.headers.delete('X-A')));
        break;
    }
    told.push(message.bodyUsed);
  }
  return told;
}

const bodyText = fc.constantFrom('', 'héllo', '{"a":[1]}', 'a=b&c=d', '\ufeffmarked');
const contentType = fc.constantFrom(undefined, 'application/json', 'application/x-www-form-urlencoded', 'x/y; z=w');
const steps = fc.array(step, { maxLength: 6 });
const RUNS = { numRuns: 200 };

describe('as Node’s own, whatever is done to it', () => {
  test('a request', async () => {
    const property = fc.asyncProperty(bodyText, contentType, steps, async (body, type, done) => {
      const fields: [string, string][] = [
        ['Host', 'localhost'],
        ['X-A', 'b'],
      ];
      if (type !== undefined) fields.push(['Content-Type', type]);
      const exchange = new FakeExchange({
        method: 'POST',
        rawHeaders: fields.flat(),
        ...(body === '' ? {} : { body }),
      });
      const light = new FastRequest(exchange, undefined, {});
      const native = new NativeRequest('http://localhost/', {
        method: 'POST',
        headers: fields,
        body: body === '' ? null : Buffer.from(body),
      });
      const anewLight = (given: Message, init?: Changes) => new Request(given as Request, init);
      const anewNative = (given: Message, init?: Changes) => new NativeRequest(given as Request, init);
      expect(await play(light, done, anewLight)).toEqual(await play(native, done, anewNative));
    });
    await fc.assert(property, RUNS);
  });

  const made: Record<string, (Class: typeof Response, body: string, init: object) => Response> = {
    'of a text': (Class, body, init) => new Class(body, init),
    'of bytes': (Class, body, init) => new Class(Buffer.from(body), init),
    'of a blob': (Class, body, init) => new Class(new Blob([body], { type: 'text/css' }), init),
    'of a stream': (Class, body, init) => new Class(new Blob([body]).stream(), init),
    'of parameters': (Class, body, init) => new Class(new URLSearchParams(body), init),
    'of nothing': (Class, _, init) => new Class(null, init),
    'of JSON': (Class, body, init) => Class.json({ body }, init),
  };
  test.each(Object.entries(made))('a response %s', async (_, make) => {
    const status = fc.constantFrom(undefined, 200, 201, 404);
    const reason = fc.constantFrom(undefined, 'Fine');
    const property = fc.asyncProperty(
      bodyText,
      contentType,
      status,
      reason,
      steps,
      async (body, type, code, why, done) => {
        const init = {
          ...(code === undefined ? {} : { status: code }),
          ...(why === undefined ? {} : { statusText: why }),
          headers: { 'X-A': 'b', ...(type === undefined ? {} : { 'Content-Type': type }) },
        };
        const anew = (Class: typeof Response) => (given: Message, more?: Changes) =>
          new Class(
            more?.body ?? given.body,
            more?.headers === undefined ? (given as Response) : { headers: more.headers },
          );
        expect(await play(make(Response, body, init), done, anew(Response))).toEqual(
          await play(make(NativeResponse, body, init), done, anew(NativeResponse)),
        );
      },
    );
    await fc.assert(property, RUNS);
  });
});
