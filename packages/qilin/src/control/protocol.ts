/**
 * What a tool and an arbiter say to each other over the control socket: one JSON object a line, a request and its answer in turn.
 * What comes from the other side is read, not believed.
 */
import { isObject, parseObject } from '../contract/fields.ts';
import { type CommandName, isCommandName, isSent, type Order, readOrder } from './commands.ts';

/** The version of all this. An arbiter of another one says so, and does nothing. */
export const PROTOCOL = 1;

/** Characters of the longest request. */
export const LONGEST_REQUEST = 1024;
/** Characters of the longest answer: the status of a thousand workers is half a megabyte. */
export const LONGEST_ANSWER = 8 * 1024 * 1024;

export interface Request {
  readonly protocol: typeof PROTOCOL;
  readonly command: CommandName;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export type Answer =
  /** `result` is what the table of commands says. */
  | { readonly ok: true; readonly result: object }
  | {
      readonly ok: false;
      /** One sentence: what was wrong, and what would be right. */
      readonly error: string;
      /** Nothing was done, and another process at the same path may do it: of the two arbiters of an upgrade. */
      readonly again?: boolean;
    };

export const encodeRequest = (request: Omit<Request, 'protocol'>): string => toLine({ protocol: PROTOCOL, ...request });
export const encodeAnswer = (answer: Answer): string => toLine(answer);

/** Of a long answer, which goes before its result. */
export const encodePart = (part: string): string => toLine({ part });

const toLine = (message: object): string => `${JSON.stringify(message)}\n`;

export function parseRequest(
  line: string,
): { readonly ok: true; readonly order: Order } | { readonly ok: false; readonly error: string } {
  const said = parseObject(line);
  if (said === undefined) return { ok: false, error: 'A request must be one JSON object in a line.' };
  const { protocol, command, arguments: given = {} } = said;
  if (protocol !== PROTOCOL) {
    const error = `This server speaks protocol ${PROTOCOL}: use the qilinctl that came with it.`;
    return { ok: false, error };
  }
  if (!isObject(given)) return { ok: false, error: 'The arguments of a command must be an object.' };
  if (isCommandName(command) && !isSent(command))
    return { ok: false, error: `${command} is done by qilinctl itself: there is nothing to ask a server.` };
  return readOrder(command, given);
}

/** Undefined for a line that is no part. */
export function parsePart(line: string): string | undefined {
  const part = line.startsWith('{"part":') ? parseObject(line)?.['part'] : undefined;
  return typeof part === 'string' ? part : undefined;
}

/** Undefined for a line that is no answer. */
export function parseAnswer(line: string): Answer | undefined {
  const said = parseObject(line);
  const result = said?.['result'];
  if (said?.['ok'] === true) return typeof result === 'object' && result !== null ? { ok: true, result } : undefined;
  const error = said?.['error'];
  if (said?.['ok'] !== false || typeof error !== 'string') return undefined;
  return { ok: false, error, ...(said['again'] === true && { again: true }) };
}
