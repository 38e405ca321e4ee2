/** A connection that requests come on: the accepted one, or with TLS the decrypted one above it. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The latest response of a connection, to tell which are in flight. A property costs less than a map. */
export const RESPONSE = Symbol('response');

/** Response and connection know each other: `res.req` has the request. */
export type Carrier<Stream extends Duplex = Duplex> = Stream & { [RESPONSE]?: ServerResponse };
