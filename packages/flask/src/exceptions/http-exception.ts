/** The base of HTTP errors: what is thrown anywhere in a view becomes the response. Werkzeug's `HTTPException`. */
import { STATUS_CODES } from 'node:http';
import { escapeHtml } from '../base/markup.ts';
import { wholeResponse } from '../http/whole-response.ts';

/** Werkzeug's spelling of status codes where it is not Node's. */
const WERKZEUG: Readonly<Record<number, string>> = {
  203: 'Non Authoritative Information',
  207: 'Multi Status',
  306: 'Switch Proxy',
  413: 'Request Entity Too Large',
  414: 'Request URI Too Long',
  416: 'Requested Range Not Satisfiable',
  418: "I'm a teapot",
  449: 'Retry With',
  511: 'Network Authentication Failed',
};

/** What an exception may carry beside its description. */
export interface HTTPExceptionOptions {
  /** Sent as it is, instead of the page. */
  readonly response?: Response;
  readonly cause?: unknown;
}

/**
 * Base of all HTTP errors; Flask's `werkzeug.exceptions.HTTPException`. Throw one, or `abort(code)`. Subclass it with a
 * `code` and a `description` of your own.
 */
export class HTTPException extends Error {
  override readonly name: string = this.constructor.name;
  /** Status code; undefined only where the exception stands for a ready response. */
  readonly code: number | undefined = undefined;
  /** A sentence for the user, shown on the page; text, not HTML. */
  description: string | undefined;
  readonly response: Response | undefined;

  constructor(description?: string, options: HTTPExceptionOptions = {}) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause });
    this.description = description;
    this.response = options.response;
  }

  /** The status in words: `Not Found`; `Unknown Error` for a code that has none. */
  get statusName(): string {
    const code = this.code ?? 0;
    return WERKZEUG[code] ?? STATUS_CODES[code] ?? 'Unknown Error';
  }

  /** The page's HTML. */
  getBody(): string {
    const name = escapeHtml(this.statusName);
    const description = escapeHtml(this.description ?? '').value.replaceAll('\n', '<br>');
    const page = ['<!doctype html>', '<html lang=en>', `<title>${this.code} ${name}</title>`, `<h1>${name}</h1>`];
    return `${[...page, `<p>${description}</p>`].join('\n')}\n`;
  }

  /** Headers of the page. */
  getHeaders(): [string, string][] {
    return [['Content-Type', 'text/html; charset=utf-8']];
  }

  /** The response that was given, or the page. */
  getResponse(): Response {
    return this.response ?? wholeResponse(this.getBody(), { status: this.code ?? 500, headers: this.getHeaders() });
  }

  override toString(): string {
    return `${this.code ?? '???'} ${this.statusName}: ${this.description}`;
  }
}

/** A redirect of the router: to the canonical URL of what was asked for. Werkzeug's `RequestRedirect`. */
export class RequestRedirect extends HTTPException {
  override readonly code: number = 308;
  readonly newUrl: string;

  constructor(newUrl: string, response: Response) {
    super(undefined, { response });
    this.newUrl = newUrl;
  }
}
