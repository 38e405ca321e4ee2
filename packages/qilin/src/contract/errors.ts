/**
 * Every error that Qilin raises itself: its code, what it means, how to cure it, and the exit status of a process that
 * ends because of it. docs/errors.md is generated from this table.
 */
import { fileURLToPath } from 'node:url';
import { inspect } from './node-util.ts';

interface ErrorEntry {
  readonly meaning: string;
  readonly cure: string;
  readonly exitStatus: number;
}

/** Exit status of a worker whose start failed: the app's code threw, or a hook did. Gunicorn's WORKER_BOOT_ERROR. */
export const WORKER_BOOT_ERROR = 3;
/** Exit status of a worker that could not find or load its app. Gunicorn's APP_LOAD_ERROR. */
export const APP_LOAD_ERROR = 4;

export const ERRORS = {
  SETTING_UNKNOWN: {
    meaning: 'A setting or flag has a name that does not exist.',
    cure: 'Use the spelling that the message suggests; `qilin --help` lists them all.',
    exitStatus: 1,
  },
  SETTING_INVALID: {
    meaning: 'A setting has a value of the wrong type or out of its range.',
    cure: 'Give a value of the kind that the message names.',
    exitStatus: 1,
  },
  SETTINGS_CONFLICT: {
    meaning: 'Two settings cannot be combined.',
    cure: 'Remove one of the two that the message names.',
    exitStatus: 1,
  },
  CONFIG_FILE: {
    meaning: 'The config file is missing, cannot be read, or failed while it ran.',
    cure: 'Check the path given with -c, or correct the error that the message shows.',
    exitStatus: 1,
  },
  USAGE: {
    meaning: 'The command line lacks the app, or has an argument too many.',
    cure: 'Write `qilin [OPTIONS] MODULE[:APP]`.',
    exitStatus: 1,
  },
  APP_NOT_FOUND: {
    meaning: 'No module of that name exists.',
    cure: 'Give the path of the module from the working directory (or from --chdir), with or without its extension.',
    exitStatus: APP_LOAD_ERROR,
  },
  APP_EXPORT_MISSING: {
    meaning: 'The module has no export of that name.',
    cure: 'Name one of the exports that the message lists.',
    exitStatus: APP_LOAD_ERROR,
  },
  APP_UNCLEAR: {
    meaning: 'The export is not an app, or could be a fetch handler as well as a Node listener.',
    cure: 'Say which it is with `--interface fetch` or `--interface node`.',
    exitStatus: APP_LOAD_ERROR,
  },
  APP_UNSUPPORTED: {
    meaning: 'The worker class cannot serve an app of this kind, or no worker can.',
    cure: 'Do as the message says; where it names a class, choose that with `--worker-class`.',
    exitStatus: APP_LOAD_ERROR,
  },
  APP_FAILED: {
    meaning: "The app's own code threw while it was loaded.",
    cure: 'Correct the error that the stack shows.',
    exitStatus: WORKER_BOOT_ERROR,
  },
  HEALTH_CHECK: {
    meaning:
      'A new app does not answer the path of the setting `healthCheck` with 2xx, or its function says that it is not well.',
    cure: 'Look at what the path answered, or the function threw, which the message has: the app that serves keeps serving.',
    exitStatus: WORKER_BOOT_ERROR,
  },
  WORKER_CLASS_UNKNOWN: {
    meaning: 'No worker class of that name exists, or it could not be loaded.',
    cure: 'Use one of the classes that the message lists, or a path `./file.ts#ClassName`.',
    exitStatus: 1,
  },
  WORKER_BOOT_FAILED: {
    meaning: 'The workers of the first start all failed, so there is nothing to serve.',
    cure: 'Correct the error that the worker logged before.',
    exitStatus: WORKER_BOOT_ERROR,
  },
  TLS_FILE: {
    meaning: 'A certificate or key file cannot be read, or its content is not valid PEM.',
    cure: 'Check the path and its permissions, and that key and certificate belong together.',
    exitStatus: 1,
  },
  BIND_FAILED: {
    meaning: 'An address could not be bound.',
    cure: 'Stop the process that holds it, which the message names where the system tells, choose another address, or get the permission that the message names.',
    exitStatus: 1,
  },
  INHERITANCE: {
    meaning: 'The environment names listening sockets (`QILIN_SOCKETS`, `LISTEN_FDS`) that this process does not have.',
    cure: 'Take these variables out of the environment, or start it by what passes the sockets on.',
    exitStatus: 1,
  },
  PIDFILE: {
    meaning: 'The pid file names a process that runs, or cannot be written.',
    cure: 'Stop that process, or give another --pid.',
    exitStatus: 1,
  },
  PRIVILEGES: {
    meaning: 'A user or group cannot be taken on.',
    cure: 'Start as root to use --user and --group, and name ones that exist.',
    exitStatus: 1,
  },
  LOG_FILE: {
    meaning: 'A log file cannot be opened.',
    cure: 'Check that its folder exists and may be written by the user of the workers.',
    exitStatus: 1,
  },
  HOOK_FAILED: {
    meaning: 'A hook of the config file threw.',
    cure: 'Correct the error that the stack shows.',
    exitStatus: 1,
  },
  ADDON_MISSING: {
    meaning: 'The native addon is not built for this machine.',
    cure: 'Run the command that the message names, with a C++20 compiler and Python 3 installed.',
    exitStatus: 1,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * An error with a place in the table. Its message is one sentence for a user: what was wrong, the value, what would be
 * right. Its stack is only of interest when `cause` is set: then the fault is the app's and the cause's stack is shown.
 */
export class QilinError extends Error {
  override readonly name = 'QilinError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitStatus(): number {
    return ERRORS[this.code].exitStatus;
  }
}

/** Whether it is the system's, or Node's, error of this name: `ENOENT`. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** What is said of a value that lets nobody look at it: its getters or its proxy throw. */
const UNREADABLE = 'a value that throws when it is read';

/**
 * What an operator is shown of any thrown value: Qilin's own errors as a sentence, an app's fault with its stack. Never throws
 * itself: whoever tells of a failure has more to do after it, and anything can be thrown.
 */
export function explain(error: unknown): string {
  return readable(() => {
    if (error instanceof QilinError) {
      return error.cause === undefined ? error.message : `${error.message}\n${explain(error.cause)}`;
    }
    if (!(error instanceof Error)) return `thrown value: ${textOf(error)}`;
    return typeof error.stack === 'string' ? upToItsCaller(error.stack) : inspect(error);
  });
}

/** Where Qilin's own modules are, this one among them. */
const HERE = fileURLToPath(new URL('..', import.meta.url));
/** Of Qilin, of the loader of TypeScript, of Node. */
const isOurs = (frame: string): boolean =>
  frame.includes(HERE) || frame.includes('/node_modules/tsx/') || /[ (]node:/.test(frame);

/** A place in a source, which Node puts before the name of a syntax error. */
const PLACE = /^\S*\/[^\s:]+:\d+$/;

/** The stack without its end, which is how Qilin called the app: no news for who looks for the fault. */
function upToItsCaller(stack: string): string {
  const lines = stack.split('\n');
  const isFrame = (line: string): boolean => line.startsWith('    at ');
  const last = lines.findLastIndex((line) => isFrame(line) && !isOurs(line));
  const end = lines.findLastIndex((line) => !isFrame(line));
  if (last < 0 && PLACE.test(lines[0] ?? '')) return lines.slice(0, end + 1).join('\n');
  return last < 0 || end > last ? stack : lines.slice(0, last + 1).join('\n');
}

/** The same without a stack, as a part of a sentence. Never throws. */
export function reasonOf(error: unknown): string {
  return readable(() => (error instanceof Error && typeof error.message === 'string' ? error.message : textOf(error)));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : inspect(value));

function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}
