/** What each request has where `requestId` is set, on any engine: an id, and a trace that it belongs to. */
import { isRequestId, isTraceparent, REQUEST_ID, TRACEPARENT, TRACESTATE } from '../contract/trace.ts';

/** How an engine's requests are looked at, and changed. */
export interface IdentityView<R> {
  header(request: R, name: string): string | undefined;
  /** Whether its client may choose an id: it is a proxy that `forwardedAllowIps` names. */
  trusts(request: R): boolean;
  /** Before the app sees it; undefined takes it away. */
  setHeader(request: R, name: string, value: string | undefined): void;
}

const ID_BYTES = 16;
const SPAN_BYTES = 8;

/** Makes the function that gives a request what it lacks, and returns its id. */
export function createIdentify<R>(
  view: IdentityView<R>,
  random: (bytes: number) => string = createRandomHex(),
): (request: R) => string {
  return (request) => {
    const said = view.header(request, REQUEST_ID);
    // Asked of its connection only where there is something to believe.
    const isBelieved = said !== undefined && isRequestId(said) && view.trusts(request);
    const id = isBelieved ? said : random(ID_BYTES);
    if (!isBelieved) view.setHeader(request, REQUEST_ID, id);
    const parent = view.header(request, TRACEPARENT);
    if (parent === undefined || !isTraceparent(parent)) {
      // One name for both, where both are new. Sampled: nothing here decides that a trace is not wanted.
      const trace = isBelieved ? random(ID_BYTES) : id;
      view.setHeader(request, TRACEPARENT, `00-${trace}-${random(SPAN_BYTES)}-01`);
      // It belongs to a trace that there is not (W3C Trace Context, section 3.3).
      if (view.header(request, TRACESTATE) !== undefined) view.setHeader(request, TRACESTATE, undefined);
    }
    return id;
  };
}

const POOL = 4096;

/** Random bytes in hexadecimal, asked of the system for many at once. Never zeros alone: these mean nothing in a trace. */
function createRandomHex(): (bytes: number) => string {
  const pool = Buffer.allocUnsafe(POOL);
  let at = POOL;
  return function next(bytes): string {
    if (at + bytes > POOL) {
      crypto.getRandomValues(pool);
      at = 0;
    }
    const text = pool.toString('hex', at, at + bytes);
    at += bytes;
    return /^0+$/.test(text) ? next(bytes) : text;
  };
}
