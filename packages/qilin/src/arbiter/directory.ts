/**
 * What the machine's directory services know of users and hosts, asked of the system's own commands. They may take their time:
 * getaddrinfo(3) in this process would stop the arbiter for as long, and in a thread of Node's pool it would hold up its exit.
 */
import { execFile } from 'node:child_process';
import { type ErrorCode, QilinError } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';

const LIMIT: Milliseconds = 5_000;

interface Question {
  readonly command: 'id' | 'getent';
  readonly args: readonly string[];
  /** What is looked up, for the error that it took too long, and the error's code. */
  readonly subject: string;
  readonly code: ErrorCode;
}

/** The command's output; undefined when it found nothing, null when there is no such command. */
export function ask({ command, args, subject, code }: Question): Promise<string | undefined | null> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: LIMIT, killSignal: 'SIGKILL' }, (error, output) => {
      if (error === null) resolve(output.trim());
      else if (error.killed === true) reject(new QilinError(code, unanswered(command, subject)));
      else resolve(error.code === 'ENOENT' ? null : undefined);
    });
  });
}

const unanswered = (command: string, subject: string): string =>
  `${subject} could not be looked up in ${LIMIT / 1000} s (${command}): see to the directory service of this machine, or give numbers.`;
