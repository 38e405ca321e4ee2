/** `qilinctl top`: draws the workers anew each second, and does what keys say. Leaves the terminal as it was. */
import { isObject } from '../contract/fields.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Answer, Request } from '../control/protocol.ts';
import { isSortKey, type SortKey, topText, Watched } from '../control/top.ts';
import { escapeMessage } from '../observe/escape.ts';
import { beforeSignal } from './before-signal.ts';

const EACH: Milliseconds = 1_000;
/** Another screen and no cursor; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** To the upper left corner; to the end of a line, and of the screen. */
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';
const INTERRUPT = '\u0003';

type Ask = (request: Omit<Request, 'protocol'>) => Promise<Answer | undefined>;

const COMMANDS: Readonly<Record<string, Omit<Request, 'protocol'>>> = {
  '+': { command: 'scale', arguments: { to: '+1' } },
  '-': { command: 'scale', arguments: { to: '-1' } },
  R: { command: 'reload', arguments: {} },
};

/**
 * Resolves when the user leaves it, or with the answer that says why it cannot go on; undefined where the server has ended.
 * @throws what `ask` throws
 */
export async function top(ask: Ask): Promise<'left' | Answer | undefined> {
  const { stdin, stdout } = process;
  const watched = new Watched();
  let sort: SortKey | undefined;
  let message = '';
  let wake = (): void => {};
  let hasLeft = false;
  const obey = async (key: string): Promise<void> => {
    const command = COMMANDS[key];
    if (key === 'q' || key === INTERRUPT) hasLeft = true;
    else if (isSortKey(key)) sort = sort === key ? undefined : key;
    else if (command !== undefined) message = said(await ask(command));
    wake();
  };
  const onKeys = (keys: Buffer): void => {
    for (const key of String(keys)) obey(key).catch(() => wake()); // the next look tells
  };
  const giveBack = (): void => {
    stdin.off('data', onKeys).setRawMode(false).pause();
    stdout.write(LEAVE);
  };
  stdin.setRawMode(true).on('data', onKeys);
  stdout.write(ENTER);
  const callOff = beforeSignal(giveBack);
  try {
    while (!hasLeft) {
      const answer = await ask({ command: 'status', arguments: {} });
      if (answer?.ok !== true) return answer;
      const status = isObject(answer.result) ? answer.result : {};
      const text = topText(status, watched, Date.now(), { sort, message, columns: stdout.columns, rows: stdout.rows });
      const lines = escapeMessage(text).split('\n').join(`${REST_OF_LINE}\r\n`);
      stdout.write(`${HOME}${lines}${REST_OF_LINE}${REST_OF_SCREEN}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, EACH);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return 'left';
  } finally {
    callOff();
    giveBack();
  }
}

function said(answer: Answer | undefined): string {
  if (answer === undefined) return '';
  if (!answer.ok) return answer.error;
  const text = isObject(answer.result) ? answer.result['message'] : undefined;
  return typeof text === 'string' ? text : '';
}
