/** How a case is written: one line each, what is asked, and where the two may differ on purpose. */
import type { Change } from './compare.ts';

/** `METHOD target` alone, or with what is sent. `{etag}` in a header stands for the ETag of the answer before. */
export type Ask = string | AskWith;

interface AskWith {
  readonly ask: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What @qilin/flask answers instead to the last request. */
export interface Difference extends Change {
  readonly why: string;
  /** The worker classes on which it differs; all unless given. */
  readonly on?: readonly string[];
}

export interface Case {
  readonly name: string;
  readonly steps: readonly Ask[];
  /** After each request the two sides swap their cookies: what one has signed, the other reads. */
  readonly crossed?: true;
  readonly differs?: Difference;
}

/** One request. */
export const one = (name: string, ask: string, send: Omit<AskWith, 'ask'> = {}, differs?: Difference): Case => ({
  name,
  steps: [{ ask, ...send }],
  ...(differs && { differs }),
});

/** One request where @qilin/flask differs on purpose. */
export const other = (name: string, ask: string, differs: Difference): Case => ({ name, steps: [ask], differs });

/** Requests of one client, which keeps its cookies. */
export const many = (name: string, ...steps: readonly Ask[]): Case => ({ name, steps });

/** Requests of one client that goes back and forth between the two servers with its cookies. */
export const crossed = (name: string, ...steps: readonly Ask[]): Case => ({ name, steps, crossed: true });

/** The page of an error: where another answer is wanted than Python's. */
export const page = (status: number, name: string, text: string): Omit<Difference, 'why'> => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html>\n<html lang=en>\n<title>${status} ${name}</title>\n<h1>${name}</h1>\n<p>${text}</p>\n`,
});

export const badRequest = page(
  400,
  'Bad Request',
  'The browser (or proxy) sent a request that this server could not understand.',
);

/** For what a client would smuggle into a header. */
export const INJECTION: Difference = {
  why: 'who sends a line break for a header made a bad request; in Flask the view has crashed',
  ...badRequest,
};

export const notFound = page(
  404,
  'Not Found',
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
);

export const json = (body: string, type = 'application/json') => ({ headers: { 'Content-Type': type }, body });

export const form = (body: string) => json(body, 'application/x-www-form-urlencoded');

const BOUNDARY = 'boundary-of-the-test';

/** A multipart body; each part is its header lines, an empty line, and its content. */
export const multipart = (...parts: readonly string[]) =>
  json(
    `${parts.map((part) => `--${BOUNDARY}\r\n${part}\r\n`).join('')}--${BOUNDARY}--\r\n`,
    `multipart/form-data; boundary=${BOUNDARY}`,
  );

export const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;

export const file = (name: string, filename: string, content: string, type = 'text/plain') =>
  `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n${content}`;
