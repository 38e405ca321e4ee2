/** What tests of the engine say again and again. */
import type { Exchange } from '../src/index.ts';

/** Each multiplexer, with both kinds of timers among them. */
export const KINDS = [
  { multiplexer: 'epoll', timers: 'wheel' },
  { multiplexer: 'epoll-lt', timers: 'heap' },
  { multiplexer: 'poll', timers: 'wheel' },
  { multiplexer: 'select', timers: 'heap' },
] as const;

export const GET = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n';
export const get = (target: string, ...fields: string[]) =>
  `GET ${target} HTTP/1.1\r\n${['Host: test', ...fields].join('\r\n')}\r\n\r\n`;

export const hello = (exchange: Exchange) => exchange.respond(200, '', 'hello');

/** A promise to be resolved from outside; Node 20 has no Promise.withResolvers. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
