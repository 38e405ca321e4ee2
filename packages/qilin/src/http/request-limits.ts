/** The limits of a request, as Gunicorn's settings give them, over what Node's parser hands out. */
import { type LimitSettings, MOST_HEAD_BYTES, MOST_HEAD_FIELDS } from '../contract/worker-config.ts';

export interface RequestLimits {
  /**
   * The status to refuse a request with, or 0. 414: the request line is too long; 431: too many header fields, or one too
   * large. Method, url and `rawHeaders` are an IncomingMessage's: Node makes one character of each byte.
   */
  check(method: string, url: string, rawHeaders: readonly string[]): 0 | 414 | 431;
  /** The most bytes of a body; Infinity for no limit. */
  readonly maxBody: number;
  /** For Node's option `maxHeaderSize`: bytes of request line and fields together. */
  readonly maxHeaderSize: number;
  /** For `server.maxHeadersCount`: one field more than is allowed, so that `check` sees the excess that Node would drop. */
  readonly maxHeadersCount: number;
}

/** The two spaces and `HTTP/1.1`. */
const REQUEST_LINE_REST = 10;
/** The `: ` between a field's name and value. */
const FIELD_REST = 2;
/** Node's own default; below it a client may always go, so that `check` decides with the status that fits. */
const MIN_HEADER_SIZE = 16 * 1024;

export function createRequestLimits(settings: LimitSettings): RequestLimits {
  const { limitRequestLine, limitRequestFields, limitRequestFieldSize, limitRequestBody } = settings;
  const maxLine = orUnlimited(limitRequestLine) - REQUEST_LINE_REST;
  const maxFields = limitRequestFields === 0 ? MOST_HEAD_FIELDS : limitRequestFields;
  const maxField = orUnlimited(limitRequestFieldSize) - FIELD_REST;
  return {
    check(method, url, rawHeaders) {
      if (method.length + url.length > maxLine) return 414;
      if (rawHeaders.length > maxFields * 2) return 431;
      for (let i = 1; i < rawHeaders.length; i += 2) {
        const name = rawHeaders[i - 1];
        const value = rawHeaders[i];
        if (name !== undefined && value !== undefined && name.length + value.length > maxField) return 431;
      }
      return 0;
    },
    maxBody: orUnlimited(limitRequestBody),
    maxHeaderSize: Math.max(
      MIN_HEADER_SIZE,
      Math.min(MOST_HEAD_BYTES, orUnlimited(limitRequestLine) + maxFields * orUnlimited(limitRequestFieldSize)),
    ),
    maxHeadersCount: maxFields + 1,
  };
}

/** 0 stands for no limit. */
const orUnlimited = (limit: number): number => (limit === 0 ? Number.POSITIVE_INFINITY : limit);
