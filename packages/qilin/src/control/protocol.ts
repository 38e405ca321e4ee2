/**
 * What a tool and an arbiter say to each other over the control socket: one JSON object a line, a request and its answer in turn.
 * What comes from the other side is read, not believed.
 */
import { isObject, parseObject } from '../contract/fields.ts';
import { type CommandName, type Order, readOrder } from './commands.ts';

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
  | { readonly ok: true; readonly result: unknown }
  /** One sentence: what was wrong, and what would be right. */
  | { readonly ok: false; readonly error: string };

export const encodeRequest = (request: Omit<Request, 'protocol'>): string => toLine({ protocol: PROTOCOL, ...request });
export const encodeAnswer = (answer: Answer): string => toLine(answer);

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
  return readOrder(command, given);
}

/** Undefined for a line that is no answer. */
export function parseAnswer(line: string): Answer | undefined {
  const said = parseObject(line);
  if (said?.['ok'] === true) return { ok: true, result: said['result'] };
  const error = said?.['error'];
  return said?.['ok'] === false && typeof error === 'string' ? { ok: false, error } : undefined;
}
