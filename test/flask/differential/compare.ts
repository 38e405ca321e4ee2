/** What is compared of an answer: all of it, but for what must differ, each with its reason. */
import { inflateSync } from 'node:zlib';
import type { Answer } from './client.ts';

/** Headers that are the HTTP server's and not the app's. */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'server', // names the software
  'date', // the second in which it answered
  'connection', // how the connection goes on
  'keep-alive', // the same
  'transfer-encoding', // how the body is framed; the body itself is compared
  'content-length', // the same: a server may send either
]);

/** Rewrites of header values that cannot be equal byte for byte. */
const REWRITTEN: Readonly<Record<string, (value: string) => string>> = {
  // An opaque text: Flask's is made of time, size and a checksum of the path. Weak or strong is not opaque.
  etag: (value) => value.replace(/"[^"]+-[^"]+-[^"]+"/, '"<opaque>"'),
  'set-cookie': (value) =>
    value
      .replace(/^(session|own)=([^;]+)/, (_, name: string, signed: string) => `${name}=${sessionPayload(signed)}`)
      // Counted from the second of the answer: a day or a month from now.
      .replace(/expires=([^;]+)/i, (text, date: string) =>
        isSoon(date) ? `Expires=<${daysFromNow(date)} days>` : text,
      ),
  // The second of the answer plus a span.
  expires: (value) => (isSoon(value) ? `<${daysFromNow(value)} days>` : value),
};

export interface Comparable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function comparable({ status, headers, body }: Answer): Comparable {
  const kept: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    if (OF_THE_SERVER.has(name)) continue;
    const rewrite = REWRITTEN[name] ?? ((text: string) => text);
    kept[name] = [...(kept[name] ?? []), rewrite(value)];
  }
  // Lists may be told in one header or in several (RFC 9110 section 5.3); the order of methods or Vary says nothing.
  const joined = Object.entries(kept).map(([name, values]) => [name, canonical(name, values)] as const);
  return { status, headers: Object.fromEntries(joined.sort()), body };
}

function canonical(name: string, values: readonly string[]): string {
  if (name === 'allow' || name === 'vary') return values.join(', ').split(/, */).sort().join(', ');
  return [...values].sort().join(name === 'set-cookie' ? '\n' : ', ');
}

/** In what an answer is another. What is not named is the same; `null` is no header. */
export interface Change {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string;
}

/** The same answer with a change. */
export function changed(answer: Comparable, change: Change | null | undefined): Comparable {
  if (change === null || change === undefined) return answer;
  const headers: Record<string, string> = { ...answer.headers };
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  return { status: change.status ?? answer.status, headers, body: change.body ?? answer.body };
}

/** The change that makes one answer of another; null where they are the same. */
export function changeFrom(before: Comparable | undefined, after: Comparable): Change | null {
  const names = new Set([...Object.keys(before?.headers ?? {}), ...Object.keys(after.headers)]);
  const other = [...names].filter((name) => before?.headers[name] !== after.headers[name]).sort();
  const change: Change = {
    ...(before?.status === after.status ? {} : { status: after.status }),
    ...(other.length === 0
      ? {}
      : { headers: Object.fromEntries(other.map((name) => [name, after.headers[name] ?? null])) }),
    ...(before?.body === after.body ? {} : { body: after.body }),
  };
  return Object.keys(change).length === 0 ? null : change;
}

/** The signed text of `payload.timestamp.signature`: the rest depends on the second. */
function sessionPayload(signed: string): string {
  const isCompressed = signed.startsWith('.');
  const [payload = ''] = (isCompressed ? signed.slice(1) : signed).split('.');
  const bytes = Buffer.from(payload, 'base64url');
  return isCompressed ? `zlib(${inflateSync(bytes).toString()})` : bytes.toString();
}

const DAY = 86_400_000;
const daysFromNow = (date: string) => Math.round((Date.parse(date) - Date.now()) / DAY);
const isSoon = (date: string) => Math.abs(daysFromNow(date)) < 366;
