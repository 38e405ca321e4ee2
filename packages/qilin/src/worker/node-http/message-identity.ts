/** Gives each request on Node's HTTP stack its id and its trace, and its answer the id. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REQUEST_ID } from '../../contract/trace.ts';
import type { Origins } from '../origin.ts';
import { createIdentify } from '../request-identity.ts';

/** @returns To be called before the app, and whoever logs the request, looks at its headers. */
export function createMessageIdentity(
  origins: Origins<IncomingMessage>,
): (req: IncomingMessage, res?: ServerResponse) => void {
  const identify = createIdentify<IncomingMessage>({
    header: (req, name) => {
      const value = req.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    trusts: (req) => origins.trusts(req),
    setHeader: setRequestHeader,
  });
  return (req, res) => {
    const id = identify(req);
    res?.setHeader(REQUEST_ID_FIELD, id);
  };
}

const REQUEST_ID_FIELD = 'X-Request-Id';

/** In all forms in which Node has them. It makes two of the raw one, of as many fields as there were: these come first. */
function setRequestHeader(req: IncomingMessage, name: string, value: string | undefined): void {
  const { headers, rawHeaders } = req;
  // HTTP/2 has none.
  const distinct: NodeJS.Dict<string[]> = req.headersDistinct ?? {};
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]?.toLowerCase() === name) rawHeaders.splice(index, 2);
  }
  if (value === undefined) {
    delete headers[name];
    delete distinct[name];
    return;
  }
  rawHeaders.push(name, value);
  headers[name] = value;
  distinct[name] = [value];
}

/** The same id in the answer of Node's messages over another engine, which has named the request. */
export const answerWithId = (req: IncomingMessage, res: ServerResponse): void => {
  const id = req.headers[REQUEST_ID];
  if (typeof id === 'string') res.setHeader(REQUEST_ID_FIELD, id);
};
