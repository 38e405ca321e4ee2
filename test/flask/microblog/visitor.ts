/** A browser of the test: keeps cookies, sends forms with the token of the page that it saw, and notes what it was answered. */
import { type Answer, ask } from '../../processes/http-client.ts';

/** What must be alike, whoever answers. */
export interface Seen {
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The address that both servers believe to be asked by. */
const HOST = 'localhost';
const COMPARED = [
  ...['content-type', 'location', 'vary', 'content-disposition', 'www-authenticate', 'cache-control'],
  'access-control-allow-origin',
];

interface Sent {
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Visitor {
  readonly #url: string;
  readonly #transcript: Seen[];
  readonly #before: () => Promise<void>;
  readonly #localAddress: string;
  readonly #cookies = new Map<string, string>();
  #token = '';

  /** @param before is awaited before each request */
  constructor(url: string, transcript: Seen[], before: () => Promise<void>, localAddress: string) {
    this.#url = url;
    this.#transcript = transcript;
    this.#before = before;
    this.#localAddress = localAddress;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#ask('GET', path, { headers });
  }

  /** Sends a form with the token of the page that was seen last. */
  post(path: string, form: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#ask('POST', path, { form: { csrf_token: this.#token, ...form } });
  }

  /** As a program asks: without cookies. */
  api(method: string, path: string, authorization: string, json?: unknown): Promise<Answer> {
    return this.#ask(method, `/api${path}`, { json, headers: { authorization } });
  }

  /** Sees the page of a form first, then sends it. */
  async fill(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
    await this.get(path);
    return this.post(path, form);
  }

  /** Closes the browser: what is left are the cookies with a date. */
  restart(): void {
    this.#cookies.delete('session');
  }

  async #ask(method: string, path: string, { form, json, headers = {} }: Sent): Promise<Answer> {
    await this.#before();
    const text = json === undefined ? '' : JSON.stringify(json);
    const body = form === undefined ? text : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await ask(`${this.#url}${path}`, {
      method,
      localAddress: this.#localAddress,
      headers: {
        host: HOST,
        'user-agent': 'visitor',
        ...(cookie !== '' && !path.startsWith('/api') && { cookie }),
        ...(body !== '' && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
      ...(body !== '' && { body }),
    });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    this.#token = /name="csrf_token"[^>]* value="([^"]+)"/.exec(answer.text)?.[1] ?? this.#token;
    this.#transcript.push(seen(`${method} ${path}`, answer));
    return answer;
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '' || /Max-Age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

function seen(request: string, { status, headers, text }: Answer): Seen {
  const compared = COMPARED.map((name) => [name, headers[name] && normalized(String(headers[name]))]);
  return {
    request: normalized(request),
    status,
    headers: { ...Object.fromEntries(compared), 'set-cookie': headers['set-cookie']?.map(attributesOf).toSorted() },
    body: normalized(text),
  };
}

/** A cookie without its value, its attributes sorted. */
function attributesOf(line: string): string {
  const [pair = '', ...attributes] = normalized(line).split('; ');
  return [pair.replace(/=.+/, '=…'), ...attributes.toSorted()].join('; ');
}

/** What cannot be alike: times, what is signed with a time, and tokens that are drawn by lot. */
export const normalized = (text: string): string =>
  text
    .replace(/[\w.-]+\.[\w-]{6}\.[\w-]{27}(?![\w-])/g, 'SIGNED')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|(?<="created":)\d+/g, 'TIME')
    .replace(/(?<="token":")[0-9a-f]{48}/g, 'LOT');
