/** The error of every function here that a system call failed: Node's own fields, and a sentence for the user. */
import type { NativeFailure } from './addon.ts';

export class SocketError extends Error implements NodeJS.ErrnoException {
  override readonly name = 'SocketError';
  /** `EADDRINUSE`, `EACCES`, `ENOTFOUND`, … */
  readonly code: string;
  /** The system's error number, negative as in Node's own errors. */
  readonly errno: number;
  readonly syscall: string;

  /** `attempt` is what was tried, with the value: `cannot bind 127.0.0.1:80`. */
  constructor(attempt: string, failure: NativeFailure) {
    super(`${attempt}: ${failure.reason} (${failure.code})`);
    this.code = failure.code;
    this.errno = failure.errno;
    this.syscall = failure.syscall;
  }
}
