/**
 * Puts srvx's light `Request` and `Response` in the place of Node's, in this process and for good: an app's
 * `new Response()` has to make a light one (see node-listener.ts for what that saves), and `new Request(request)` and
 * `fetch(request)` have to take a light one, which Node's own cannot read.
 */
import { FastResponse, patchGlobalRequest } from 'srvx/node';

let installed = false;

/** Idempotent. */
export function useLightClasses(): void {
  if (installed) return;
  installed = true;
  patchGlobalRequest();
  const nodesOwn = globalThis.fetch;
  const fetch: typeof nodesOwn = (input, init) => nodesOwn(native(input), init);
  Object.assign(globalThis, { Response: FastResponse, fetch });
}

/** The real request that a light one stands for. */
function native<T>(input: T): T | Request {
  if (typeof input !== 'object' || input === null || !('_request' in input)) return input;
  return input._request instanceof Request ? input._request : input;
}
