/**
 * Makes the two messages of an exchange, with the prototypes that the app wants them to have.
 *
 * Express gives each message the prototype `app.request` or `app.response` when it gets it. V8 then has an object whose shape it
 * knows nothing of: measured on Node 20, that makes Express's whole request several times as dear. Here they have these
 * prototypes from the start, so that giving them changes nothing.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import type { BridgedRequest, BridgedResponse } from './node-internals.ts';
import type { StandInSocket } from './stand-in-socket.ts';

export interface MessageClasses {
  createRequest(socket: StandInSocket): BridgedRequest;
  createResponse(request: IncomingMessage): BridgedResponse;
}

/** @param app The listener that the messages are for. */
export function messageClassesFor(app: unknown): MessageClasses {
  const Request = withPrototype(IncomingMessage, prototypeIn(app, 'request', IncomingMessage.prototype));
  const Response = withPrototype(ServerResponse, prototypeIn(app, 'response', ServerResponse.prototype));
  return {
    createRequest: (socket) => new Request(socket) as BridgedRequest,
    createResponse: (request) => new Response(request) as BridgedResponse,
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

type Constructor = new (argument: never) => object;
type Constructed = new (argument: unknown) => object;

/**
 * A constructor with exactly this prototype, which a class that extends cannot have: so a function, as Node's own are.
 * `Reflect.construct()` would do it too, and is on Node 20 as dear as changing the prototype afterwards.
 */
function withPrototype(Base: Constructor, prototype: object): Constructed {
  // Node's own may become classes one day, which cannot be called: then Express changes the prototype itself.
  if (prototype === Base.prototype || /^class\b/.test(Base.toString())) return Base as Constructed;
  function Message(this: object, argument: unknown): void {
    Reflect.apply(Base, this, [argument]);
  }
  Message.prototype = prototype;
  return Message as unknown as Constructed;
}
