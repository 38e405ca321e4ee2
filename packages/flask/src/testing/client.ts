/** Sends requests to an app without a server. Flask's `FlaskClient`. */
import type { App } from '../contract.ts';
import { dumpCookie, dumpDeletedCookie, parseCookie } from '../http/cookies.ts';
import type { FlaskRequest } from '../request/request.ts';
import type { Session } from '../sessions/session.ts';
import { CookieJar } from './cookie-jar.ts';
import { type BuiltRequest, buildRequest, type TestRequestOptions, toRequest } from './request.ts';
import { TestResponse } from './response.ts';

/** What can be seen of a request when it is over. */
export interface TestedContext {
  readonly request: FlaskRequest;
  readonly session: Session;
}

/** An app that can be tested: it shows the context `C` of each request. */
export interface TestedApp<C> extends App {
  requestContext(request: Request, environment?: unknown): C;
  handle(context: C): Response | Promise<Response>;
}

/** A request, and what becomes of a redirect. */
export interface ClientOptions extends TestRequestOptions {
  /** Goes where redirects lead, and answers with the last response; default false. */
  readonly followRedirects?: boolean;
}

/** The options of a method that has its own name. */
export type BodylessOptions = Omit<ClientOptions, 'method'>;

/** Redirects that are followed at most. */
const MOST_REDIRECTS = 20;

/**
 * Flask's `FlaskClient`.
 * Errors of views come out of `get()` and the others when the app is testing: `app.testing = true`.
 *
 * @example
 * const client = app.testClient();
 * await client.post('/login', { data: { username: 'a', password: 'b' } });
 * expect((await client.get('/')).text).toContain('Log Out');
 */
export class TestClient<C extends TestedContext = TestedContext> {
  readonly app: TestedApp<C>;
  readonly #jar: CookieJar | undefined;
  /** Of the last request: its `request`, `session` and `g` after the fact. */
  context: C | undefined;

  constructor(app: TestedApp<C>, options: { readonly useCookies?: boolean } = {}) {
    this.app = app;
    this.#jar = (options.useCookies ?? true) ? new CookieJar() : undefined;
  }

  /** As `open` with GET. */
  get(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'GET' });
  }

  /** As `open` with POST. */
  post(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'POST' });
  }

  /** As `open` with PUT. */
  put(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'PUT' });
  }

  /** As `open` with PATCH. */
  patch(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'PATCH' });
  }

  /** As `open` with DELETE. */
  delete(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'DELETE' });
  }

  /** As `open` with HEAD: there is no body. */
  head(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'HEAD' });
  }

  /** As `open` with OPTIONS. */
  options(path: string, options: BodylessOptions = {}): Promise<TestResponse> {
    return this.open(path, { ...options, method: 'OPTIONS' });
  }

  /**
   * @param path path and query, or a whole URL
   * @throws what a view throws, when the app is testing; Error for a redirect to another site that should be followed
   */
  async open(path: string, options: ClientOptions = {}): Promise<TestResponse> {
    let request = buildRequest(this.app, path, options);
    const history: TestResponse[] = [];
    for (;;) {
      const response = await this.#send(request, options.environment, history);
      if (!options.followRedirects || response.location === undefined || !isRedirect(response.status)) return response;
      history.push(response);
      request = redirected(request, response.status, response.location, history.length);
    }
  }

  async #send(built: BuiltRequest, environment: unknown, history: readonly TestResponse[]): Promise<TestResponse> {
    const { url, method, headers } = built;
    const cookies = this.#jar?.header(url);
    const sent = new Headers(headers);
    if (cookies !== undefined && !sent.has('cookie')) sent.set('cookie', cookies);
    const context = this.app.requestContext(toRequest({ ...built, headers: sent }), environment);
    this.context = context;
    const response = await this.app.handle(context);
    this.#jar?.update(url, response);
    const data = method === 'HEAD' ? new Uint8Array() : new Uint8Array(await response.arrayBuffer());
    return new TestResponse(response, data, { method, path: url.pathname, url: url.href }, [...history]);
  }

  /**
   * Changes the client's session between requests: what `work` puts there, the next view finds.
   * @example await client.sessionTransaction((session) => session.set('userId', 1));
   * @throws Error without cookies or without a SECRET_KEY
   */
  async sessionTransaction(work: (session: Session) => unknown, options: TestRequestOptions = {}): Promise<void> {
    if (this.#jar === undefined) throw new Error('Cookies are disabled: this client has no session.');
    const { app } = this;
    const built = buildRequest(app, '/', options);
    const { url, headers } = built;
    const cookie = this.#jar.header(url);
    if (cookie !== undefined) headers.set('cookie', cookie);
    const context = app.requestContext(toRequest(built));
    const session = await app.sessionInterface.openSession(app, context.request);
    if (session === undefined) throw new Error('Session backend did not open a session: is SECRET_KEY set?');
    await work(session);
    const response = new Response(null);
    await app.sessionInterface.saveSession(app, session, response);
    this.#jar.update(url, response);
  }

  /** The decoded value of a cookie that the client would send to `path`. */
  getCookie(name: string, path = '/'): string | undefined {
    const { url } = buildRequest(this.app, path, {});
    const value = this.#jar?.get(name, url);
    return value === undefined ? undefined : parseCookie(`${name}=${value}`).get(name);
  }

  /** Gives the client a cookie, as if the app had. */
  setCookie(name: string, value: string, options: { readonly path?: string; readonly domain?: string } = {}): void {
    this.#takeLine(dumpCookie(name, value, { path: '/', ...options }));
  }

  /** Takes a cookie away. */
  deleteCookie(name: string, options: { readonly path?: string; readonly domain?: string } = {}): void {
    this.#takeLine(dumpDeletedCookie(name, { path: '/', ...options }));
  }

  #takeLine(line: string): void {
    const { url } = buildRequest(this.app, '/', {});
    this.#jar?.update(url, new Response(null, { headers: { 'Set-Cookie': line } }));
  }
}

const isRedirect = (status: number): boolean => [301, 302, 303, 305, 307, 308].includes(status);

/** The request that a browser makes next: the same for 307 and 308, else a GET without a body. */
function redirected(before: BuiltRequest, status: number, location: string, count: number): BuiltRequest {
  const url = new URL(location, before.url);
  if (url.origin !== before.url.origin) throw new Error(`Following external redirects is not supported (to ${url}).`);
  if (count > MOST_REDIRECTS)
    throw new Error(`Loop detected: more than ${MOST_REDIRECTS} redirects, the last to ${url}.`);
  if (status === 307 || status === 308) return { ...before, url };
  const headers = new Headers(before.headers);
  headers.delete('content-type');
  headers.delete('content-length');
  return { ...before, url, method: before.method === 'HEAD' ? 'HEAD' : 'GET', headers, body: null };
}
