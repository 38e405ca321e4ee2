/**
 * Puts the light `Response` in the place of Node's own, in this thread and for good, so that an app's `new Response()` makes
 * a light one; and lets `new Request(request)` and `fetch(request)` take a light request, which Node's own cannot read.
 */
import { isFastRequest, realRequest } from './fast-request.ts';
import { FastResponse } from './fast-response.ts';
import { noteFetched } from './fetched.ts';

const NativeRequest = globalThis.Request;
const nativeFetch = globalThis.fetch;

let installed = false;

/** Idempotent. */
export function useLightClasses(): void {
  if (installed) return;
  installed = true;
  const fetch: typeof nativeFetch = (input, init) => nativeFetch(native(input), init).then(noteFetched);
  Object.assign(globalThis, { Request: PublicRequest, Response: FastResponse, fetch });
}

class PublicRequest extends NativeRequest {
  constructor(input: ConstructorParameters<typeof NativeRequest>[0], init?: RequestInit) {
    super(native(input), init);
  }

  /** Light ones and Node's own are Requests too. Subclasses are asked as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and is asked for itself
    const asked = this === PublicRequest ? NativeRequest : this;
    return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(asked.prototype, value);
  }

  static {
    Object.defineProperty(PublicRequest, 'name', { value: 'Request' });
  }
}

/** Node's own request that a light one stands for. */
function native<T>(input: T): T | Request {
  return typeof input === 'object' && input !== null && isFastRequest(input) ? realRequest(input) : input;
}
