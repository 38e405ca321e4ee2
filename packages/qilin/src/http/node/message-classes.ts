/**
 * Node's two message classes, with the prototypes that the app wants its messages to have.
 *
 * Express gives each message the prototype `app.request` or `app.response` when it gets it. V8 then has an object whose shape it
 * knows nothing of: measured on Node 20, that makes Express's whole request several times as dear. Here they have these
 * prototypes from the start, so that giving them changes nothing.
 */
import { IncomingMessage, ServerResponse } from 'node:http';

/** As the options of `http.createServer()` name them; the arguments are those of Node's own classes. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** @param app The listener that the messages are for. */
export function messageClassesFor(app: unknown): MessageClasses {
  return {
    IncomingMessage: withPrototype(IncomingMessage, prototypeIn(app, 'request', IncomingMessage.prototype)),
    ServerResponse: withPrototype(ServerResponse, prototypeIn(app, 'response', ServerResponse.prototype)),
  };
}

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
