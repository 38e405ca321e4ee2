/**
 * Finds out what kind of app a value is, by what it can do, in this order; the first that fits wins:
 *
 * 1. a `net.Server` (so also of http, https, tls, http2)       → served as it is
 * 2. an object or function with a method `fetch`               → fetch          Hono, H3, Elysia, `export default { fetch }`
 * 3. `routing(req, res)` and `ready()`                         → Node listener  Fastify
 * 4. `getHttpAdapter()`, `getHttpServer()` and `init()`        → its server     Nest
 * 5. `callback()` and `use()`                                  → Node listener  Koa
 * 6. a function with methods `handle` and `use`                → Node listener  Express, connect
 * 7. a function of one parameter → fetch; of two or three, by their names `(request, env)` → fetch, else, and one that passes on
 *    whatever it is called with (`...args`, `arguments`) → Node listener
 * 8. where nothing else can be meant: a function of none → fetch, a Node listener where its source is not to be seen; not where it
 *    is named like one that makes or starts something, `createApp`
 *
 * With `--interface fetch|node` only the kinds of that side are looked for, and a function is taken for that kind
 * whatever its parameters.
 */
import { Server } from 'node:net';
import type { FetchHandler, Interface, NodeListener, OnShutdown } from '../contract/app.ts';
import { QilinError } from '../contract/errors.ts';
import { countParameters, hasSource, takesWhatComes, tellByParameters } from './parameters.ts';

type Shape =
  | { readonly kind: 'fetch'; readonly fetch: FetchHandler }
  | {
      readonly kind: 'node';
      readonly listener: NodeListener;
      /**
       * Whether it is known to take the messages of `node:http2` as well. Any other listener was written for those of
       * `node:http`, which have a Host field and a socket of their own, and whose prototypes Express swaps.
       */
      readonly speaksHttp2: boolean;
    }
  | { readonly kind: 'server'; readonly server: Server };

export interface Detected {
  readonly shape: Shape;
  /** To be awaited before the first request. */
  readonly ready: (() => unknown) | undefined;
  /** The framework's own way to run its shutdown hooks. */
  readonly close: (() => unknown) | undefined;
  /** Nothing but the number of its parameters speaks for it, or less. */
  readonly isGuess?: boolean;
}

type Method = (...args: readonly unknown[]) => unknown;

/** The method of that name, bound to its object; undefined when there is none. */
function method(value: unknown, name: string): Method | undefined {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'function' ? member.bind(value) : undefined;
}

const node = (listener: unknown, speaksHttp2: boolean): Shape => ({
  kind: 'node',
  listener: listener as NodeListener,
  speaksHttp2,
});

const only = (shape: Shape): Detected => ({ shape, ready: undefined, close: undefined });

function detectFetch(value: unknown): Detected | undefined {
  const fetch = method(value, 'fetch');
  return fetch && only({ kind: 'fetch', fetch: fetch as FetchHandler });
}

function detectNode(value: unknown): Detected | undefined {
  const [ready, routing] = [method(value, 'ready'), method(value, 'routing')];
  if (ready && routing) {
    return { shape: node(routing, true), ready, close: method(value, 'close') };
  }
  const [init, getHttpServer] = [method(value, 'init'), method(value, 'getHttpServer')];
  if (init && getHttpServer && method(value, 'getHttpAdapter')) {
    const server = getHttpServer();
    if (server instanceof Server)
      return { shape: { kind: 'server', server }, ready: init, close: method(value, 'close') };
  }
  const use = method(value, 'use');
  const callback = method(value, 'callback');
  if (callback && use) return only(node(callback(), true));
  if (typeof value === 'function' && method(value, 'handle') && use) return only(node(value, false));
  return undefined;
}

function detectFunction(value: unknown, called: Interface, isMeant: boolean): Detected | undefined {
  if (!isFunction(value) || isClass(value)) return undefined;
  const isFetch = only({ kind: 'fetch', fetch: value as FetchHandler });
  const isNode = only(node(value, false));
  if (called !== 'auto') return called === 'fetch' ? isFetch : isNode;
  if (takesWhatComes(value)) return { ...isNode, isGuess: true };
  const count = countParameters(value);
  if (count === 1) return isFetch;
  if (count === 2 || count === 3) {
    const told = tellByParameters(value);
    return told === 'fetch' ? isFetch : { ...isNode, isGuess: told === undefined };
  }
  return count === 0 && isMeant && !MAKERS.test(value.name)
    ? { ...(hasSource(value) ? isFetch : isNode), isGuess: true }
    : undefined;
}

const MAKERS = /^(?:create|make|build|new|get|init|setup|configure|bootstrap|start|run|main|listen|serve|close|stop)/i;

const isFunction = (value: unknown): value is (...args: never[]) => unknown => typeof value === 'function';

const isClass = (value: unknown): boolean =>
  isFunction(value) && /^class\b/.test(Function.prototype.toString.call(value));

/**
 * @param isMeant The user has named it, or there is nothing else: it is an app if it can be one.
 * @returns undefined for a value that is no app, or that cannot be told apart
 */
export function detect(value: unknown, called: Interface, isMeant = false): Detected | undefined {
  if (value instanceof Server) return only({ kind: 'server', server: value });
  return (
    (called === 'node' ? undefined : detectFetch(value)) ??
    (called === 'fetch' ? undefined : detectNode(value)) ??
    detectFunction(value, called, isMeant)
  );
}

/** Why `detect()` found nothing, with the cure. `name` is the app as the user wrote it. */
export function unclear(value: unknown, called: Interface, name: string): QilinError {
  if (typeof value === 'function' && !isClass(value)) {
    const factory = value.length === 0 ? `call it as ${callOf(name)} if it makes the app, or ` : '';
    return new QilinError(
      'APP_UNCLEAR',
      `${name} is a function of ${value.length} parameters, which could be a fetch handler or a Node listener; ` +
        `${factory}say which with --interface fetch or --interface node.`,
    );
  }
  const wanted = {
    auto: 'an object with fetch(), a function (request) or (req, res), or an app of Express, Koa or Fastify',
    fetch: 'a fetch handler, as --interface fetch says',
    node: 'a Node listener, as --interface node says',
  } as const satisfies Record<Interface, string>;
  const hint = isClass(value) ? '; export an instance of it' : ownKeysOf(value);
  return new QilinError('APP_UNCLEAR', `${name} is ${describe(value)}, not ${wanted[called]}${hint}.`);
}

/** How to name what a function makes. */
export const callOf = (name: string): string => `${name.includes(':') ? name : `${name}:default`}()`;

function ownKeysOf(value: unknown): string {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value).slice(0, 6) : [];
  return keys.length === 0 ? '' : ` (it has ${keys.join(', ')})`;
}

function describe(value: unknown): string {
  if (isClass(value)) return 'a class';
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `the ${typeof value} ${JSON.stringify(value) ?? String(value)}`;
  const maker = value.constructor?.name;
  return maker === undefined || maker === 'Object' ? 'an object' : `an object of class ${maker}`;
}

/** `onShutdown` of the app object, bound to it. */
export function onShutdownOf(value: unknown): OnShutdown | undefined {
  return method(value, 'onShutdown') as OnShutdown | undefined;
}
