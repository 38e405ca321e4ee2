/**
 * Node's two message classes, with the prototypes that the app wants its messages to have.
 *
 * Express gives each message the prototype `app.request` or `app.response` when it gets it. V8 then has an object whose shape it
 * knows nothing of: measured on Node 20, that makes Express's whole request several times as dear. Here they have these
 * prototypes from the start, so that giving them changes nothing.
 */
import type { Server } from 'node:http';
import type { App } from '../../contract/app.ts';
import { IncomingMessage, ServerResponse } from '../../contract/node-http.ts';
import { type MessageClasses, messageClassesOf, setMessageClasses } from './node-internals.ts';

/** Of an app: what its messages' prototypes are found at. */
export function prototypesOf(app: App): unknown {
  if (app.kind === 'node') return app.listener;
  return app.kind === 'server' ? app.server.listeners('request')[0] : undefined;
}

/**
 * @param app The listener that the messages are for.
 * @param server Its own server: classes that were given to `createServer()` hold.
 */
export function messageClassesFor(app: unknown, server?: Server): MessageClasses {
  const theirs = server && messageClassesOf(server);
  if (theirs && !isNodesOwn(theirs)) return theirs;
  return {
    IncomingMessage: withPrototype(IncomingMessage, prototypeIn(app, 'request', IncomingMessage.prototype)),
    ServerResponse: withPrototype(ServerResponse, prototypeIn(app, 'response', ServerResponse.prototype)),
  };
}

/** The same for a server that exists. */
export function preferMessageClasses(server: Server, classes: MessageClasses): void {
  if (isNodesOwn(messageClassesOf(server))) setMessageClasses(server, classes);
}

const isNodesOwn = (classes: MessageClasses): boolean =>
  classes.IncomingMessage === IncomingMessage && classes.ServerResponse === ServerResponse;

/** What Express calls the prototypes; any other app gets Node's own. */
function prototypeIn(app: unknown, name: 'request' | 'response', base: object): object {
  if (typeof app !== 'function' || !(name in app)) return base;
  const prototype: unknown = Reflect.get(app, name);
  return typeof prototype === 'object' && prototype !== null && Object.prototype.isPrototypeOf.call(base, prototype)
    ? prototype
    : base;
}

type Constructor = new (...args: never[]) => object;

/**
 * A constructor with exactly this prototype, which a class that extends cannot have: so a function, as Node's own are.
 * `Reflect.construct()` would do it too, and is on Node 20 as dear as changing the prototype afterwards.
 */
function withPrototype<C extends Constructor>(Base: C, prototype: object): C {
  // Node's own may become classes one day, which cannot be called: then Express changes the prototype itself.
  if (prototype === Base.prototype || /^class\b/.test(Base.toString())) return Base;
  function Message(this: object, first: unknown, second: unknown): void {
    Reflect.apply(Base, this, [first, second]);
  }
  Message.prototype = prototype;
  return Message as unknown as C;
}
