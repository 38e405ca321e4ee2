/** Takes the answers out of all that a server has sent on a connection, framed as a strict client frames them. */

export interface RawAnswer {
  readonly status: number;
  /** `1.1` */
  readonly version: string;
  /** By name in lower case; repeated ones joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface Answers {
  /** Complete ones, without the informational ones. */
  readonly answers: readonly RawAnswer[];
  /** What is left: an answer that is not complete yet. */
  readonly rest: string;
}

/**
 * @param received A character for each byte.
 * @param methods Of the requests in order; an answer to HEAD has no body (RFC 9112, 6.3).
 * @throws Error when a status line or the framing is none
 */
export function takeAnswers(received: string, methods: readonly string[]): Answers {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const head = takeHead(rest);
    if (head === undefined) return { answers, rest };
    const behind = rest.slice(head.size);
    if (head.status < 200 && head.status !== 101) {
      rest = behind;
      continue;
    }
    const body = takeBody(head, methods[answers.length] ?? 'GET', behind);
    if (body === undefined) return { answers, rest };
    const { status, version, headers } = head;
    answers.push({ status, version, headers, body: body.text });
    rest = behind.slice(body.size);
  }
}

interface AnswerHead {
  readonly status: number;
  readonly version: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly size: number;
}

function takeHead(text: string): AnswerHead | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, version = '', status] = /^HTTP\/(1\.\d) (\d{3}) [\t -~\x80-\xff]*$/.exec(first) ?? malformed(text);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? malformed(text);
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), version, headers, size: end + 4 };
}

/** RFC 9112, 6.3. Undefined while it is not complete, or ends only with the connection. */
function takeBody({ status, headers }: AnswerHead, method: string, text: string) {
  if (method === 'HEAD' || status === 101 || status === 204 || status === 304) return { text: '', size: 0 };
  if (headers.get('transfer-encoding') === 'chunked') return takeChunks(text);
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return text.length >= length ? { text: text.slice(0, length), size: length } : undefined;
}

function takeChunks(text: string): { text: string; size: number } | undefined {
  let body = '';
  for (let at = 0; ; ) {
    const [line = '', hex = ''] = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 20)) ?? [];
    if (line === '') return undefined;
    const size = Number.parseInt(hex, 16);
    const begin = at + line.length;
    if (text.length < begin + size + 2) return undefined;
    if (text.slice(begin + size, begin + size + 2) !== '\r\n') malformed(text);
    if (size === 0) return { text: body, size: begin + 2 };
    body += text.slice(begin, begin + size);
    at = begin + size + 2;
  }
}

function malformed(text: string): never {
  throw new Error(`This is no HTTP answer: ${JSON.stringify(text.slice(0, 500))}`);
}
