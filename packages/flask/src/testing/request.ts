/** Makes a request out of what a test says. Werkzeug's `EnvironBuilder`. */
import type { App } from '../contract.ts';
import { setScriptRoot } from '../http/script-root.ts';
import { urlEncode } from '../http/urls.ts';

type Body = NonNullable<ConstructorParameters<typeof Response>[0]>;

type FormValue = string | number | boolean | Blob;

/** A form by its fields; a `File` or `Blob` makes it multipart. */
export type FormFields = Readonly<Record<string, FormValue | readonly FormValue[]>>;

/** Arguments of Werkzeug's `EnvironBuilder`. */
export interface TestRequestOptions {
  /** `GET` by default. */
  readonly method?: string;
  /** The query's values, in place of one in the path. */
  readonly query?: string | URLSearchParams | Readonly<Record<string, string | number | boolean | null>>;
  readonly headers?: NonNullable<ResponseInit['headers']>;
  /** The body: a text, bytes, a stream; an object is a form's fields. */
  readonly data?: Body | FormFields;
  /** The body as JSON. */
  readonly json?: unknown;
  readonly contentType?: string;
  /** Scheme, host and where the app is; `http://localhost` by default, or what SERVER_NAME, PREFERRED_URL_SCHEME and APPLICATION_ROOT say. */
  readonly baseUrl?: string;
  /** What the server would give beside the request. */
  readonly environment?: unknown;
}

/** A request before it is sent: a redirect may send it again. */
export interface BuiltRequest {
  /** With the path below which the app is. */
  readonly url: URL;
  readonly scriptRoot: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body | null;
}

/** @throws TypeError for data and json together */
export function buildRequest(app: App, path: string, options: TestRequestOptions): BuiltRequest {
  const base = new URL(options.baseUrl ?? baseUrlOf(app));
  const scriptRoot = base.pathname.replace(/\/+$/, '');
  const url = new URL(path.startsWith('/') ? `${scriptRoot}${path}` : path, base);
  if (options.query !== undefined) url.search = queryOf(options.query);
  const headers = new Headers(options.headers);
  const { body, contentType } = bodyOf(app, options);
  if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType);
  return { url, scriptRoot, method: (options.method ?? 'GET').toUpperCase(), headers, body };
}

/** The standard request, made anew for each sending. */
export function toRequest({ url, scriptRoot, method, headers, body }: BuiltRequest): Request {
  const isStream = body instanceof ReadableStream;
  const below = new URL(url);
  if (url.pathname.startsWith(`${scriptRoot}/`)) below.pathname = url.pathname.slice(scriptRoot.length);
  const request = new Request(below, { method, headers, body, ...(isStream ? { duplex: 'half' } : {}) });
  return setScriptRoot(request, scriptRoot);
}

function baseUrlOf(app: App): string {
  const { PREFERRED_URL_SCHEME: scheme, SERVER_NAME: host, APPLICATION_ROOT: root } = app.config;
  return `${scheme}://${host ?? 'localhost'}/${root.replace(/^\/+/, '')}`;
}

function queryOf(query: NonNullable<TestRequestOptions['query']>): string {
  return typeof query === 'string' || query instanceof URLSearchParams
    ? query.toString()
    : urlEncode(Object.entries(query));
}

function bodyOf(app: App, { data, json, contentType }: TestRequestOptions) {
  if (json !== undefined) {
    if (data !== undefined) throw new TypeError('A test request has either data or json.');
    return { body: app.json.dumps(json), contentType: contentType ?? 'application/json' };
  }
  if (data === undefined) return { body: null, contentType };
  if (!isFields(data)) return { body: data, contentType };
  const isMultipart = contentType?.startsWith('multipart/') ?? Object.values(data).flat().some(isBlob);
  // The standard's own encoders write the content type, with the boundary.
  return { body: isMultipart ? formData(data) : new URLSearchParams(pairsOf(data)), contentType: undefined };
}

const isBlob = (value: unknown): boolean => value instanceof Blob;

function isFields(data: Body | FormFields): data is FormFields {
  return typeof data === 'object' && Object.getPrototypeOf(data) === Object.prototype;
}

const pairsOf = (fields: FormFields): [string, string][] =>
  Object.entries(fields).flatMap(([name, value]) =>
    listOf(value).map((item): [string, string] => [name, String(item)]),
  );

function listOf(value: FormValue | readonly FormValue[]): readonly FormValue[] {
  return typeof value === 'object' && !(value instanceof Blob) ? value : [value];
}

function formData(fields: FormFields): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of listOf(value)) {
      if (item instanceof Blob) form.append(name, item);
      else form.append(name, String(item));
    }
  }
  return form;
}
