/** The fields of the access log that the setting `logFields` adds: its grammar, and what an app says of a request. */

/** What a line of JSON has anyway. */
export const JSON_FIELDS = [
  'time',
  'pid',
  'client',
  'user',
  'method',
  'path',
  'query',
  'protocol',
  'status',
  'bytes',
  'microseconds',
  'scheme',
  'host',
  'referer',
  'userAgent',
  'requestId',
  'traceparent',
] as const;

export type LogField =
  | { readonly kind: 'request' | 'response' /** Of the header, in lower case. */; readonly name: string }
  | { readonly kind: 'own'; readonly name: string };

export type LogFieldValue = string | number | boolean | null;

export const LOG_FIELD_EXPECTED =
  'names of fields: "request.HEADER", "response.HEADER", or a name of the app\'s own such as "tenant", which no line has anyway';

/** RFC 9110, section 5.6.2. */
const HEADER = /^(request|response)\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/;
const OWN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Undefined for what is no field, or one that each line has. */
export function parseLogField(text: string): LogField | undefined {
  const [, of, header] = HEADER.exec(text) ?? [];
  if (header !== undefined) return { kind: of === 'request' ? 'request' : 'response', name: header.toLowerCase() };
  const isTaken = (JSON_FIELDS as readonly string[]).includes(text);
  return OWN.test(text) && !isTaken ? { kind: 'own', name: text } : undefined;
}

type Said = Map<string, LogFieldValue>;

/** Where `addLogFields` of whatever copy of this package keeps them, in the process's own globals. */
const SAID = Symbol.for('qilin.logFields');
/** By which a light `Request` names what stands for it in the log. */
export const LOGGED_AS = Symbol.for('qilin.loggedAs');

type Global = typeof globalThis & { [SAID]?: WeakMap<object, Said> };

/** Fields of one request, and characters of one text: what an app says is not to fill the memory. */
const MOST_FIELDS = 32;
const LONGEST_TEXT = 1024;

/**
 * Says of a request what its line of the access log is to have, where `logFormat` is `json` and `logFields` names it. May be called
 * until the answer is over; what is said last counts.
 *
 * @param request What the app was given: Node's message or the `Request`, or what has one of them as `raw` (Fastify, Hono, `@qilin/flask`).
 * @param fields Texts beyond 1024 characters are cut, and no request has more than 32 of them.
 * @throws TypeError where `request` is no object
 * @example addLogFields(req, { tenant: 'acme', cacheHit: true });
 */
export function addLogFields(request: object, fields: Readonly<Record<string, LogFieldValue>>): void {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(`addLogFields takes the request that the app was given (got ${String(request)}).`);
  }
  const here: Global = globalThis;
  here[SAID] ??= new WeakMap();
  const key = keyOf(request);
  const said: Said = here[SAID].get(key) ?? new Map();
  for (const [name, value] of Object.entries(fields)) {
    if (said.size < MOST_FIELDS || said.has(name)) said.set(name, shortened(value));
  }
  here[SAID].set(key, said);
}

/** What an app has said of the request for which `logged` stands. */
export const logFieldOf = (logged: object, name: string): LogFieldValue =>
  (globalThis as Global)[SAID]?.get(logged)?.get(name) ?? null;

function keyOf(request: object): object {
  const own: unknown = 'raw' in request ? request.raw : undefined;
  const given = typeof own === 'object' && own !== null ? own : request;
  const key: unknown = Reflect.get(given, LOGGED_AS);
  return typeof key === 'object' && key !== null ? key : given;
}

function shortened(value: LogFieldValue): LogFieldValue {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return String(value).slice(0, LONGEST_TEXT);
}
