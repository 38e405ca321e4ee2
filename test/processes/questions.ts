/** What the clients of a Load ask, each of its own kind; unless a test brings its own, test/fixtures/app.mjs answers. */
import { setTimeout as pause } from 'node:timers/promises';
import { type ClientConnection, fieldOf, type Reply } from './client-connection.ts';

const BETWEEN_PIECES = 10;

/** One request and what must come back. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly target: string;
  /** What is sent, in pieces with a pause between; the first has the head. */
  readonly pieces: readonly string[];
  /** Whether it is the answer to this very request. */
  readonly isAnsweredBy: (reply: Reply) => boolean;
}

/** The requests of a client's turn, which are sent together. */
export type Ask = (token: string, turn: number) => readonly Question[];

function question(
  method: 'GET' | 'POST',
  target: string,
  lines: readonly string[],
  body: readonly string[] = [],
): Question {
  const [path = ''] = target.split('?');
  const head = [`${method} ${target} HTTP/1.1`, 'Host: test', ...lines].join('\r\n');
  const isChunked = lines.includes('Transfer-Encoding: chunked');
  const framed = isChunked
    ? [...body.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`), '0\r\n\r\n']
    : body;
  const [first = '', ...others] = framed;
  const answer = `${method} ${path} ${body.join('')}`;
  return {
    method,
    target,
    pieces: [`${head}\r\n\r\n${first}`, ...others],
    isAnsweredBy: (reply) => reply.status === 200 && reply.text === answer && fieldOf(reply, 'x-asked') === target,
  };
}

/** Most are quick; some have a body, some take a while, so that there is always something in flight. */
export const mixed =
  (lines: readonly string[]): Ask =>
  (token, turn) => {
    const target = `/${token}${turn % 8 === 3 ? '?wait=20' : ''}`;
    if (turn % 4 !== 1) return [question('GET', target, lines)];
    const body = token.repeat(200);
    return [question('POST', target, [...lines, `Content-Length: ${body.length}`], [body])];
  };

export const pipelined: Ask = (token) => [
  question('GET', `/${token}.a?wait=5`, []),
  question('GET', `/${token}.b`, []),
  question('GET', `/${token}.c?pieces=2`, []),
];

export const uploaded: Ask = (token) => [
  question('POST', `/${token}`, ['Transfer-Encoding: chunked'], Array(4).fill(token.repeat(50))),
];

export const streamed: Ask = (token) => [question('GET', `/${token}?pieces=5`, [])];

/** All of them at once, but for the pieces of a slow body. */
export async function send(connection: ClientConnection, questions: readonly Question[]): Promise<void> {
  const firsts = questions.map(({ pieces: [first = ''] }) => first);
  connection.send(firsts.join(''));
  for (const { pieces } of questions) {
    for (const piece of pieces.slice(1)) {
      await pause(BETWEEN_PIECES);
      connection.send(piece);
    }
  }
}
