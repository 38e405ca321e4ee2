import { describe, expect, test } from 'vitest';
import { isTraceparent } from '../../src/contract/trace.ts';
import { createIdentify } from '../../src/worker/request-identity.ts';

type Headers = Map<string, string>;

const TRACE = 'ab'.repeat(16);
const PARENT = `00-${TRACE}-${'cd'.repeat(8)}-00`;

/** Names a request as a client whose peer is trusted, or not, and tells what the app would see. */
function named(headers: Readonly<Record<string, string>>, isTrusted: boolean): { id: string; seen: Headers } {
  const seen: Headers = new Map(Object.entries(headers));
  const identify = createIdentify<Headers>({
    header: (request, name) => request.get(name),
    trusts: () => isTrusted,
    setHeader: (request, name, value) => (value === undefined ? request.delete(name) : request.set(name, value)),
  });
  return { id: identify(seen), seen };
}

describe('an id', () => {
  test('is made where there is none, another each time, and names the new trace', () => {
    const [one, other] = [named({}, false), named({}, true)];
    expect(one.id).toMatch(/^[0-9a-f]{32}$/);
    expect(one.id).not.toBe(other.id);
    expect(one.seen.get('x-request-id')).toBe(one.id);
    expect(one.seen.get('traceparent')).toMatch(new RegExp(`^00-${one.id}-[0-9a-f]{16}-01$`));
  });

  test('is kept where a trusted proxy sends it, and replaced where a client does', () => {
    expect(named({ 'x-request-id': 'from-proxy.1' }, true).id).toBe('from-proxy.1');
    expect(named({ 'x-request-id': 'from-client' }, false)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(named({ 'x-request-id': 'from-client' }, false).seen.get('x-request-id')).not.toBe('from-client');
  });

  test.each(['', 'a b', 'a, b', '"', 'x'.repeat(201), 'é', '<script>'])('%j is none, whoever sends it', (said) => {
    expect(named({ 'x-request-id': said }, true).id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a trace', () => {
  test('that is valid goes on, with its state', () => {
    const { seen } = named({ traceparent: PARENT, tracestate: 'a=1' }, false);
    expect([seen.get('traceparent'), seen.get('tracestate')]).toEqual([PARENT, 'a=1']);
  });

  test('that is not is replaced, and its state goes', () => {
    const { seen } = named({ traceparent: 'nonsense', tracestate: 'a=1' }, false);
    expect(isTraceparent(seen.get('traceparent') ?? '')).toBe(true);
    expect(seen.has('tracestate')).toBe(false);
  });

  test.each([
    [PARENT, true],
    [`01-${TRACE}-${'cd'.repeat(8)}-00-more`, true],
    [`${PARENT}-more`, false],
    [PARENT.toUpperCase(), false],
    [`ff${PARENT.slice(2)}`, false],
    [`00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`, false],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
    [`01${PARENT.slice(2)}-${'x'.repeat(300)}`, false],
    [`${PARENT}, ${PARENT}`, false],
  ])('%s: %s (W3C Trace Context, section 3.2)', (text, isValid) => {
    expect(isTraceparent(text)).toBe(isValid);
  });
});
