/**
 * Puts the light `Response` in the place of Node's own, in this thread and for good, so that an app's `new Response()` makes
 * a light one; and lets `new Request(request)` and `fetch(request)` take a light request, which Node's own cannot read.
 */
import { bodilessRequest, isFastRequest, realRequest } from './fast-request.ts';
import { FastResponse } from './fast-response.ts';
import { noteFetched } from './fetched.ts';

const NativeRequest = globalThis.Request;
const nativeFetch = globalThis.fetch;

let installed = false;

/** Idempotent. */
export function useLightClasses(): void {
  if (installed) return;
  installed = true;
  // Rejects where the request cannot be sent, as by the standard, and does not throw.
  const fetch: typeof nativeFetch = async (input, init) => noteFetched(await nativeFetch(native(input, init), init));
  Object.assign(globalThis, { Request: PublicRequest, Response: FastResponse, fetch });
}

class PublicRequest extends NativeRequest {
  constructor(input: ConstructorParameters<typeof NativeRequest>[0], init?: RequestInit) {
    super(native(input, init), init);
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

/** Node's own request that a light one stands for; a body in `init` takes the place of its own. */
function native<T>(input: T, init: RequestInit | undefined): T | Request {
  if (typeof input !== 'object' || input === null || !isFastRequest(input)) return input;
  const isReplaced = init?.body !== undefined && init.body !== null;
  return isReplaced ? bodilessRequest(input) : realRequest(input);
}
