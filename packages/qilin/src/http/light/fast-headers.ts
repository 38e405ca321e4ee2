/**
 * The headers of a light request: `get()` and `has()` look into the request's head, all else is done by a real `Headers`
 * that is built when it is asked for. From then on that one is the only truth.
 */

import { type FetchExchange, Remembered } from '@qilin/picoev';
import { inspect } from '../../contract/node-util.ts';
import { TOKEN } from './header-lines.ts';

const NativeHeaders = globalThis.Headers;

/** Names as apps write them, and in lower case: the same few again and again. */
const lowerCased = new Remembered<string>(512);

export class FastHeaders {
  readonly #exchange: FetchExchange;
  #real: Headers | undefined;

  constructor(exchange: FetchExchange) {
    this.#exchange = exchange;
    this.#real = undefined;
  }

  get(name: string): string | null {
    if (this.#real !== undefined) return this.#real.get(name);
    return this.#exchange.header(lowerCased.get(name) ?? lowerCase(name)) ?? null;
  }

  has(name: string): boolean {
    if (this.#real !== undefined) return this.#real.has(name);
    return this.#exchange.header(lowerCased.get(name) ?? lowerCase(name)) !== undefined;
  }

  append(name: string, value: string): void {
    this.#toReal().append(name, value);
  }

  set(name: string, value: string): void {
    this.#toReal().set(name, value);
  }

  delete(name: string): void {
    this.#toReal().delete(name);
  }

  getSetCookie(): string[] {
    return this.#toReal().getSetCookie();
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    for (const [name, value] of this.#toReal()) callback.call(thisArgument, value, name, this);
  }

  entries(): ReturnType<Headers['entries']> {
    return this.#toReal().entries();
  }

  keys(): ReturnType<Headers['keys']> {
    return this.#toReal().keys();
  }

  values(): ReturnType<Headers['values']> {
    return this.#toReal().values();
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return this.#toReal().entries();
  }

  [inspect.custom](_depth: number, options: object): string {
    return inspect(this.#toReal(), options);
  }

  #toReal(): Headers {
    if (this.#real !== undefined) return this.#real;
    const headers = new NativeHeaders();
    const raw = this.#exchange.rawHeaders();
    for (let index = 1; index < raw.length; index += 2) headers.append(raw[index - 1] ?? '', raw[index] ?? '');
    this.#real = headers;
    return headers;
  }

  static {
    Object.setPrototypeOf(FastHeaders.prototype, NativeHeaders.prototype);
    Object.defineProperty(FastHeaders.prototype, 'constructor', { value: NativeHeaders });
  }
}

/** Those of Node's own message behind a light one become what the app has made of the light one's since. */
export function copyHeaders(from: Headers, to: Headers): void {
  if (from === to) return;
  for (const name of [...to.keys()]) to.delete(name);
  for (const [name, value] of from) to.append(name, value);
}

function lowerCase(given: string): string {
  const name = String(given);
  if (!TOKEN.test(name)) throw new TypeError(`A header's name must be a token (got ${JSON.stringify(name)}).`);
  const lower = name.toLowerCase();
  lowerCased.set(name, lower);
  return lower;
}
