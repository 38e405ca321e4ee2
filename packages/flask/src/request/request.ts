/** A request as Flask shows it, over the standard's. What costs anything is worked out when it is first asked for. */

import { reasonOf } from '../base/thrown.ts';
import type { RequestState } from '../contract.ts';
import { BadRequest, UnsupportedMediaType } from '../exceptions/client-errors.ts';
import type { FileStorage } from '../forms/file-storage.ts';
import type { FormSource, ParsedForm } from '../forms/parse.ts';
import { Accept, CharsetAccept, LanguageAccept, MimeAccept, parseAccept } from '../http/accept.ts';
import { type Authorization, parseAuthorization } from '../http/authorization.ts';
import { type CacheControl, parseCacheControl } from '../http/cache-control.ts';
import { parseCookie } from '../http/cookies.ts';
import { parseDate } from '../http/dates.ts';
import { type ETags, parseEtags } from '../http/etags.ts';
import { type OptionsHeader, parseOptionsHeader } from '../http/header-values.ts';
import { MultiDict, type ReadonlyMultiDict } from '../http/multi-dict.ts';
import { type IfRange, parseIfRange, parseRange, type Range } from '../http/ranges.ts';
import { splitUrl } from '../http/url-parts.ts';
import { quoteWhatIsNot, urlDecode } from '../http/urls.ts';
import type { UrlBase } from '../routing/map.ts';
import type { Rule, RuleValues } from '../routing/rule.ts';
import { hostOf, urlBaseOf } from '../routing/url-base.ts';
import { readBody } from './body.ts';

/**
 * The current request; Flask's `Request`. What is in the head is there at once. What is in the body has to arrive first:
 * `form`, `files`, `values`, `json` and `data` are promises, `const form = await request.form`.
 */
export class FlaskRequest {
  /** The standard request below. Its body can be read here or there, not in both. */
  readonly raw: Request;
  /** What the server gave beside the request. */
  readonly environment: unknown;
  /** `GET`, in upper case. */
  readonly method: string;
  /** Host and port as the client named them, without the scheme's usual port. */
  readonly host: string;
  /** Host, scheme and where the app is mounted: what URLs are relative to. */
  readonly urlBase: UrlBase;
  /** Decoded, with its leading slash: `/user/ana`. */
  readonly path: string;
  /** As it was sent, without `?`; empty when there is none. */
  readonly queryString: string;
  /** Bytes of this request's body at most; MAX_CONTENT_LENGTH unless it is set before the body is read. null: no limit. */
  maxContentLength: number | null;
  /** Bytes of its form's fields at most; MAX_FORM_MEMORY_SIZE unless it is set before. null: no limit. */
  maxFormMemorySize: number | null;
  /** Parts of its form at most; MAX_FORM_PARTS unless it is set before. null: no limit. */
  maxFormParts: number | null;
  readonly #context: RequestState;
  #args: MultiDict<string> | undefined;
  #cookies: MultiDict<string> | undefined;
  #contentType: OptionsHeader | undefined;
  #body: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #form: Promise<ParsedForm> | undefined;

  constructor(context: RequestState) {
    this.#context = context;
    this.raw = context.raw;
    this.environment = context.environment;
    this.method = context.method;
    const { scheme, host, path, query } = splitUrl(context.url);
    this.path = path;
    this.queryString = query;
    this.host = hostOf(scheme, host);
    const { config, urlMap } = context.app;
    this.maxContentLength = config.MAX_CONTENT_LENGTH;
    this.maxFormMemorySize = config.MAX_FORM_MEMORY_SIZE;
    this.maxFormParts = config.MAX_FORM_PARTS;
    this.urlBase = urlBaseOf(scheme, this.host, context.scriptRoot, config, urlMap);
  }

  // Where it was sent to

  /** `http` or `https`. */
  get scheme(): string {
    return this.urlBase.scheme;
  }

  /** Whether the client came by TLS. */
  get isSecure(): boolean {
    return this.scheme === 'https';
  }

  /** `http://host/` */
  get hostUrl(): string {
    return `${this.scheme}://${this.host}/`;
  }

  /** Path below which the app is mounted: `/app`; empty where it is not. Flask's `root_path`, `script_root`. */
  get scriptRoot(): string {
    return this.#context.scriptRoot;
  }

  /** Where the app is mounted: `http://host/`. Flask's `root_url`, `url_root`. */
  get rootUrl(): string {
    return `${this.scheme}://${this.host}${this.urlBase.scriptName}`;
  }

  /** Without the query: `http://host/user/ana`. */
  get baseUrl(): string {
    return `${this.rootUrl}${quoteWhatIsNot(this.path.slice(1), 'path')}`;
  }

  /** With the query. */
  get url(): string {
    return this.queryString === '' ? this.baseUrl : `${this.baseUrl}?${quoteWhatIsNot(this.queryString, 'query')}`;
  }

  /** Path and query, with a `?` even where the query is empty, as Flask has it. */
  get fullPath(): string {
    return `${this.path}?${this.queryString}`;
  }

  /** The query's values. */
  get args(): ReadonlyMultiDict<string> {
    this.#args ??= urlDecode(this.queryString);
    return this.#args;
  }

  // Which view it is for

  /** Undefined when no rule matched. */
  get urlRule(): Rule | undefined {
    return this.#context.rule;
  }

  /** Name of the rule that matched: `hello`, `admin.index`; undefined when none did. */
  get endpoint(): string | undefined {
    return this.#context.rule?.endpoint;
  }

  /** The values of the rule's variables. */
  get viewArgs(): RuleValues {
    return this.#context.viewArgs;
  }

  /** Why no rule matched: a NotFound, MethodNotAllowed or a redirect. */
  get routingException(): Error | undefined {
    return this.#context.routingException;
  }

  /** Full name of the blueprint that the view belongs to: `admin.users`. */
  get blueprint(): string | undefined {
    const endpoint = this.endpoint ?? '';
    const dot = endpoint.lastIndexOf('.');
    return dot < 0 ? undefined : endpoint.slice(0, dot);
  }

  /** The blueprint and those around it, innermost first: `['admin.users', 'admin']`. */
  get blueprints(): readonly string[] {
    const parts = this.blueprint?.split('.') ?? [];
    return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
  }

  // Headers

  /** The standard's, their names in any case. */
  get headers(): Headers {
    return this.raw.headers;
  }

  /** By name; values as Flask reads them, quoted ones too. */
  get cookies(): ReadonlyMultiDict<string> {
    this.#cookies ??= parseCookie(this.#header('cookie'));
    return this.#cookies;
  }

  /** Credentials of any scheme; undefined without them. Of Bearer and its like it is the `token`. */
  get authorization(): Authorization | undefined {
    return parseAuthorization(this.#header('authorization'));
  }

  /** Address of the client, as the server believes it; undefined where it is not known. */
  get remoteAddr(): string | undefined {
    return this.#context.remoteAddr;
  }

  /** The client and the proxies on the way, as `X-Forwarded-For` claims: anybody can write that header. */
  get accessRoute(): readonly string[] {
    const { remoteAddr } = this;
    if (remoteAddr === undefined) return [];
    const forwarded = (this.#header('x-forwarded-for') ?? '').split(',').map((item) => item.trim());
    // What stands before the believed address, anybody can have written.
    const believed = forwarded.lastIndexOf(remoteAddr);
    return believed < 0 ? [remoteAddr] : forwarded.slice(believed);
  }

  /** As it was sent, with its parameters. */
  get contentType(): string | undefined {
    return this.#header('content-type');
  }

  /** The content type in lower case, without its parameters; empty without one. */
  get mimetype(): string {
    return this.#parsedContentType.value.toLowerCase();
  }

  /** `{ charset: 'utf-8' }` */
  get mimetypeParams(): ReadonlyMap<string, string> {
    return this.#parsedContentType.options;
  }

  /** Bytes of the body; undefined where the client did not say. */
  get contentLength(): number | undefined {
    const length = this.#header('content-length') ?? '';
    return /^\d+$/.test(length) ? Number(length) : undefined;
  }

  /** Whether the content type says JSON: application/json, or application/…+json. */
  get isJson(): boolean {
    const { mimetype } = this;
    return mimetype === 'application/json' || (mimetype.startsWith('application/') && mimetype.endsWith('+json'));
  }

  /** `Accept`: `request.acceptMimetypes.bestMatch(['text/html', 'application/json'])`. */
  get acceptMimetypes(): MimeAccept {
    return new MimeAccept(parseAccept(this.#header('accept')));
  }

  /** `Accept-Charset`. */
  get acceptCharsets(): CharsetAccept {
    return new CharsetAccept(parseAccept(this.#header('accept-charset')));
  }

  /** `Accept-Encoding`. */
  get acceptEncodings(): Accept {
    return new Accept(parseAccept(this.#header('accept-encoding')));
  }

  /** `Accept-Language`. */
  get acceptLanguages(): LanguageAccept {
    return new LanguageAccept(parseAccept(this.#header('accept-language')));
  }

  /** `Cache-Control`, by its directives. */
  get cacheControl(): CacheControl {
    return parseCacheControl(this.#header('cache-control'));
  }

  /** `If-Match`. */
  get ifMatch(): ETags {
    return parseEtags(this.#header('if-match'));
  }

  /** `If-None-Match`. */
  get ifNoneMatch(): ETags {
    return parseEtags(this.#header('if-none-match'));
  }

  /** `If-Modified-Since`; undefined where it is no date. */
  get ifModifiedSince(): Date | undefined {
    return parseDate(this.#header('if-modified-since'));
  }

  /** `If-Unmodified-Since`; undefined where it is no date. */
  get ifUnmodifiedSince(): Date | undefined {
    return parseDate(this.#header('if-unmodified-since'));
  }

  /** `If-Range`: a date or a tag. */
  get ifRange(): IfRange {
    return parseIfRange(this.#header('if-range'));
  }

  /** `Range`; undefined where it is missing or malformed. */
  get range(): Range | undefined {
    return parseRange(this.#header('range'));
  }

  /** `Date`. */
  get date(): Date | undefined {
    return parseDate(this.#header('date'));
  }

  /** `User-Agent`; empty where it is missing. Werkzeug's `user_agent.string`. */
  get userAgent(): string {
    return this.#header('user-agent') ?? '';
  }

  /** `Referer`. */
  get referrer(): string | undefined {
    return this.#header('referer');
  }

  /** `Origin`. */
  get origin(): string | undefined {
    return this.#header('origin');
  }

  // Body

  /** The fields of a form. Empty for a body that is none. @throws RequestEntityTooLarge, BadRequest */
  get form(): Promise<ReadonlyMultiDict<string>> {
    return this.#parsedForm.then(({ form }) => form);
  }

  /** The files of a form. */
  get files(): Promise<ReadonlyMultiDict<FileStorage>> {
    return this.#parsedForm.then(({ files }) => files);
  }

  /** `args`, then the form's fields where the method has a body. */
  get values(): Promise<ReadonlyMultiDict<string>> {
    const hasForm = ['POST', 'PUT', 'PATCH'].includes(this.method);
    if (!hasForm) return Promise.resolve(new MultiDict(this.args.allEntries()));
    return this.form.then((form) => new MultiDict([...this.args.allEntries(), ...form.allEntries()]));
  }

  /**
   * The body as JSON; as `getJson()`.
   * @throws UnsupportedMediaType when the content type is another, BadRequest when it is malformed
   */
  get json(): Promise<unknown> {
    return this.getJson();
  }

  /**
   * @param options.force whatever the content type says @param options.silent undefined instead of an error
   * @throws UnsupportedMediaType (415) when the content type is not JSON, BadRequest (400) when the body is malformed
   */
  async getJson<T = unknown>(
    options: { readonly force?: boolean; readonly silent?: boolean } = {},
  ): Promise<T | undefined> {
    if (!options.force && !this.isJson) {
      if (options.silent) return undefined;
      throw new UnsupportedMediaType(
        "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
      );
    }
    const bytes = await this.data;
    try {
      return this.#context.app.json.loads(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as T;
    } catch (cause) {
      if (options.silent) return undefined;
      const reason = reasonOf(cause);
      throw new BadRequest(this.#context.app.debug ? `Failed to decode JSON object: ${reason}` : undefined, { cause });
    }
  }

  /**
   * The whole body as bytes, at most `maxContentLength` of them. Reading it twice gives the same; after `form` of a body that
   * is a form it is empty.
   * @throws RequestEntityTooLarge
   */
  get data(): Promise<Uint8Array<ArrayBuffer>> {
    this.#body ??= readBody(this.raw, this.maxContentLength);
    return this.#body;
  }

  /** The whole body as text. Flask's `get_data(as_text=True)`. */
  get text(): Promise<string> {
    return this.data.then((bytes) => new TextDecoder().decode(bytes));
  }

  /** The body as it arrives; null without one. To be read once, and then nothing of `data`, `form`, `json`. */
  get stream(): ReadableStream<Uint8Array> | null {
    return this.raw.body;
  }

  get #parsedForm(): Promise<ParsedForm> {
    this.#form ??= this.#parseForm();
    return this.#form;
  }

  async #parseForm(): Promise<ParsedForm> {
    const { isFormType, ParsedForm, parseForm } = await import('../forms/parse.ts');
    if (!isFormType(this.contentType)) return new ParsedForm();
    const parsed = await parseForm(await this.#formSource(), {
      maxContentLength: this.maxContentLength ?? undefined,
      maxFormMemorySize: this.maxFormMemorySize ?? undefined,
      maxFormParts: this.maxFormParts ?? Number.POSITIVE_INFINITY,
    });
    this.#context.atEnd(() => parsed.close());
    // Werkzeug takes it for an empty form, which a view may take for a user who empties all fields.
    if (parsed.isMalformed) throw new BadRequest();
    return parsed;
  }

  /** Where `data` was read before, its bytes are parsed. */
  async #formSource(): Promise<FormSource> {
    const { headers } = this.raw;
    if (this.#body !== undefined) return { headers, body: new Blob([await this.#body]).stream() };
    this.#body = Promise.resolve(new Uint8Array());
    return { headers, body: this.raw.body };
  }

  get #parsedContentType(): OptionsHeader {
    this.#contentType ??= parseOptionsHeader(this.contentType);
    return this.#contentType;
  }

  #header(name: string): string | undefined {
    return this.raw.headers.get(name) ?? undefined;
  }
}
