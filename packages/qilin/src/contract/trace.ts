/** The names by which a request is followed through several servers: an id of one's own, and W3C Trace Context. */

export const REQUEST_ID = 'x-request-id';
export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

/** W3C Trace Context, section 3.2: version, trace, parent and flags; what follows in later versions is not looked at. */
const PARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]*)?$/;
const LONGEST_PARENT = 256;

/** Whether it may be believed to be one: an invalid one is as good as none. */
export function isTraceparent(text: string): boolean {
  const [, version, rest] = text.length > LONGEST_PARENT ? [] : (PARENT.exec(text) ?? []);
  return version !== undefined && (version !== '00' || rest === undefined);
}

/** What is safe in a log, a header and a file name, as long as anybody's ids are. */
const ID = /^[A-Za-z0-9._:/+=@-]{1,200}$/;

export const isRequestId = (text: string): boolean => ID.test(text);
