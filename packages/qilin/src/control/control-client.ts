/** A tool's end of the control socket: one request, one answer, as often as it likes. */
import { connect, type Socket } from 'node:net';
import { hasCode, reasonOf } from '../contract/errors.ts';
import { LineReader } from '../contract/line-reader.ts';
import { type Answer, encodeRequest, LONGEST_ANSWER, parseAnswer, parsePart, type Request } from './protocol.ts';

/** Nobody can be asked. The message is for the operator, and says what to do. */
export class Unreachable extends Error {}

const NO_ANSWER: Answer = { ok: false, error: 'The server has answered what is no answer.' };

export class ControlClient {
  readonly #socket: Socket;
  readonly #answers: Answer[] = [];
  #onChange: (() => void) | undefined;
  #onPart: ((part: string) => void) | undefined;
  #hasEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const hear = (line: string) => {
      const part = this.#onPart === undefined ? undefined : parsePart(line);
      if (part === undefined) this.#answers.push(parseAnswer(line) ?? NO_ANSWER);
      else this.#onPart?.(part);
    };
    const lines = new LineReader(LONGEST_ANSWER, hear, () => hear(''));
    socket.setEncoding('utf8').on('data', (text: string) => {
      lines.push(text);
      this.#onChange?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#hasEnded = true;
      this.#onChange?.();
    });
  }

  /** @throws Unreachable */
  static connect(path: string): Promise<ControlClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path });
      socket.once('connect', () => resolve(new ControlClient(socket)));
      socket.once('error', (error) => reject(new Unreachable(whyNot(path, error))));
    });
  }

  /**
   * The answer; undefined when the server has ended the connection instead.
   * @param onPart Called with each part of a long answer, before that.
   */
  async ask(request: Omit<Request, 'protocol'>, onPart?: (part: string) => void): Promise<Answer | undefined> {
    this.#onPart = onPart;
    if (this.#socket.writable) this.#socket.write(encodeRequest(request));
    while (this.#answers.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    return this.#answers.shift();
  }

  close(): void {
    this.#socket.destroy();
  }
}

function whyNot(path: string, error: unknown): string {
  if (hasCode(error, 'EACCES'))
    return `permission denied: ${path}. Run qilinctl as the user of the server, or as root.`;
  if (hasCode(error, 'ENOENT'))
    return `there is no control socket at ${path}: does the server run, with controlSocket on?`;
  if (hasCode(error, 'ECONNREFUSED')) return `nobody listens at ${path}: its server has died. Start it again.`;
  return `${path} cannot be reached: ${reasonOf(error)}.`;
}
