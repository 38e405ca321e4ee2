/**
 * All that arbiter and worker say to each other: types, and the parser of each. They travel as lines of JSON over a channel of
 * their own, which the app has no part in. Orders to leave are signals, as Gunicorn's.
 *
 * The parsers take what they know and drop what they do not: after an update in place, a worker may be newer than its arbiter.
 */
import type { Address } from './address.ts';
import { NO_ANSWERS } from './answers.ts';
import { type AppMetric, readAppMetric } from './app-metrics.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import { type Fields, isCount, isObject, parseObject } from './fields.ts';
import { type OnceAsking, type OnceOrder, readOnceAsking, readOnceOrder } from './once.ts';
import { readSlow, type SlowRequest } from './slow-requests.ts';
import type { WorkerStats, WorkerUsage } from './stats.ts';
import { NO_TALLY } from './tally.ts';
import type { Milliseconds } from './units.ts';
import { type SaidConfig, type WorkerConfig, wholeConfig } from './worker-config.ts';

/** The channel's descriptor in a worker: the first after stdin, stdout and stderr. */
export const CHANNEL_FD = 3;
/** Where a worker's native thread tells of stalls: contract/stalls.ts. */
export const STALLS_FD = 4;

/** A listening socket as a worker has it: the descriptor in its own process, and the address that it stands for. */
export interface Listener {
  readonly fd: number;
  readonly address: Address;
}

/** What can be recorded of a worker that serves. */
export type Recording = { readonly what: 'profile'; readonly seconds: number } | { readonly what: 'heap' };

export type ArbiterMessage =
  /** The first message: all that a worker needs to start. */
  | {
      readonly type: 'boot';
      readonly config: WorkerConfig;
      readonly listeners: readonly Listener[];
      /** Number of the worker, counted over all generations from 1. Gunicorn's `worker.age`. */
      readonly age: number;
      readonly generation: number;
      /** It is to take the place of workers that serve, and has to show first that it can. */
      readonly isOnTrial: boolean;
      /** When the start of its process was begun, from where on `bootTimeout` is counted: by machineTime(). */
      readonly startedAt: Milliseconds | undefined;
    }
  | { readonly type: 'reopenLogs' }
  /** Somebody wants to look into it. It answers with parts, each when the one before was taken. */
  | { readonly type: 'record'; readonly recording: Recording }
  | { readonly type: 'recordNext' }
  /** Nobody wants it any more. */
  | { readonly type: 'recordOff' }
  /** Somebody asks for the app's own metrics. It answers with each, and with the end of them. */
  | { readonly type: 'tellMetrics'; readonly scrape: number }
  /** Of tasks that run in one worker at a time. */
  | OnceOrder
  /** The whole server ends, and not this worker alone. Said before the order to leave, or while it leaves. */
  | { readonly type: 'serverEnds' };

/** With `queueTimeout`: a shorter silence is none, as workers that are well may be silent for so long on a busy machine. */
export const LEAST_SILENCE: Milliseconds = 200;

/** Sent while the event loop turns; its absence for `timeout`, `silentFor` included, is what ends a stalled worker. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly silentFor: Milliseconds;
  /** For how long nothing in it has turned that could answer, as long as it is not ended for that: its threads are, by itself. */
  readonly stuckFor: Milliseconds;
  /** null before its app is there. */
  readonly stats: WorkerStats | null;
  readonly usage: WorkerUsage;
  /** The slowest requests since the last one. */
  readonly slow: readonly SlowRequest[];
}

const RETIRE_CAUSES = ['share', 'memory', 'full', 'failure'] as const;

/**
 * It has done its share (`maxRequests`, `maxAge`) or has outgrown `maxMemory`, and serves until it is told to leave; or it has no memory
 * left for further requests, or has failed (an uncaught error), answers what is in flight, and leaves by itself.
 */
export type RetireCause = (typeof RETIRE_CAUSES)[number];

export type WorkerMessage =
  /** The app is loaded and the worker accepts. */
  | { readonly type: 'ready' }
  | Heartbeat
  /** The worker asks for a successor. */
  | { readonly type: 'retire'; readonly cause: RetireCause; readonly reason: string }
  /** It has left but for a snapshot of its heap, which it writes now, deaf and dumb until it exits. */
  | { readonly type: 'snapshot' }
  /** A part of what is recorded, compressed by gzip, in base64. */
  | { readonly type: 'recorded'; readonly part: string; readonly isLast: boolean }
  /** One sentence: why nothing is recorded. */
  | { readonly type: 'recordFailed'; readonly reason: string }
  /** A metric of the app's own, and the end of all of them. */
  | { readonly type: 'appMetric'; readonly scrape: number; readonly metric: AppMetric }
  /** With how many that are missing: these were too long for a message. */
  | { readonly type: 'appMetricsEnd'; readonly scrape: number; readonly leftOut: number }
  | OnceAsking
  /** The worker drains, by the arbiter's order or anybody's: it accepts no more. */
  | { readonly type: 'leaving'; readonly reason: string }
  /** The worker could not start. `text` is what the operator should read, stack included where the fault is the app's. */
  | { readonly type: 'bootFailed'; readonly code: ErrorCode; readonly text: string };

/** Characters of a text in a worker's message: an app may throw an error as long as it likes. Less than what a log takes whole. */
const LONGEST_TEXT = 32 * 1024;

/** Bytes of a part of a recording: in base64 it is shorter than the longest line. */
export const LONGEST_PART = 96 * 1024;

/** Characters of the longest line of a worker: JSON writes a character in six at most. */
export const LONGEST_LINE = 7 * LONGEST_TEXT;

export function encodeWorkerMessage(message: WorkerMessage): string {
  switch (message.type) {
    case 'retire':
    case 'leaving':
    case 'recordFailed':
      return toLine({ ...message, reason: shorten(message.reason) });
    case 'bootFailed':
      return toLine({ ...message, text: shorten(message.text) });
    default:
      return toLine(message);
  }
}

export const encodeArbiterMessage = (message: ArbiterMessage): string => toLine(message);

const toLine = (message: ArbiterMessage | WorkerMessage) => `${JSON.stringify(message)}\n`;

function shorten(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)}\n(cut here: ${text.length} characters)`;
}

/** Undefined for a line that is no message of a worker. */
export function parseWorkerMessage(line: string): WorkerMessage | undefined {
  const said = parseObject(line);
  switch (said?.['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'snapshot':
      return { type: 'snapshot' };
    case 'heartbeat':
      return parseHeartbeat(said);
    case 'retire': {
      const { reason } = said;
      const cause = RETIRE_CAUSES.find((each) => each === said['cause']);
      return cause !== undefined && typeof reason === 'string' ? { type: 'retire', cause, reason } : undefined;
    }
    case 'leaving': {
      const { reason } = said;
      return typeof reason === 'string' ? { type: 'leaving', reason } : undefined;
    }
    case 'recorded': {
      const { part, isLast } = said;
      return typeof part === 'string' ? { type: 'recorded', part, isLast: isLast === true } : undefined;
    }
    case 'appMetric': {
      const { scrape } = said;
      const metric = readAppMetric(said['metric']);
      return isCount(scrape) && metric !== undefined ? { type: 'appMetric', scrape, metric } : undefined;
    }
    case 'appMetricsEnd': {
      const { scrape, leftOut = 0 } = said;
      return isCount(scrape) && isCount(leftOut) ? { type: 'appMetricsEnd', scrape, leftOut } : undefined;
    }
    case 'onceAsk':
    case 'onceLet':
      return readOnceAsking(said);
    case 'recordFailed': {
      const { reason } = said;
      return typeof reason === 'string' ? { type: 'recordFailed', reason } : undefined;
    }
    case 'bootFailed': {
      const { code, text } = said;
      return isErrorCode(code) && typeof text === 'string' ? { type: 'bootFailed', code, text } : undefined;
    }
    default:
      return undefined;
  }
}

function parseHeartbeat({ silentFor, stuckFor, stats, usage, slow }: Fields): WorkerMessage | undefined {
  if (!isCount(silentFor) || !isCount(stuckFor)) return undefined;
  const used = isObject(usage) ? parseUsage(usage) : undefined;
  if (used === undefined) return undefined;
  if (stats === null) return { type: 'heartbeat', silentFor, stuckFor, stats, usage: used, slow: [] };
  if (!isObject(stats)) return undefined;
  const counts = parseStats(stats);
  if (counts === undefined) return undefined;
  return { type: 'heartbeat', silentFor, stuckFor, stats: counts, usage: used, slow: readSlow(slow) };
}

/** Numbers in a list of counts, of whatever version. */
const LONGEST_LIST = 1_024;

const isCounts = (said: unknown): said is readonly number[] =>
  Array.isArray(said) && said.length <= LONGEST_LIST && said.every(isCount);

/** A worker class from outside need not know of all. */
function parseStats({
  connections,
  accepted,
  requests,
  wakeups,
  unproxied = 0,
  shed = 0,
  answers = NO_ANSWERS,
  tally = NO_TALLY,
}: Fields): WorkerStats | undefined {
  if (!isCount(connections) || !isCount(accepted) || !isCount(requests)) return undefined;
  if (!isCount(wakeups) || !isCount(unproxied) || !isCount(shed)) return undefined;
  if (!isCounts(answers) || !isCounts(tally)) return undefined;
  return { connections, accepted, requests, wakeups, unproxied, shed, answers, tally };
}

function parseUsage({ cpu, resident, lag = 0, heapUsed, heapLimit, spaces = [] }: Fields): WorkerUsage | undefined {
  if (!isCount(cpu) || !isCount(resident) || !isCount(heapUsed) || !isCount(heapLimit)) return undefined;
  return isCount(lag) && isCounts(spaces) ? { cpu, resident, lag, heapUsed, heapLimit, spaces } : undefined;
}

/** Undefined for a line that is no message of the arbiter. */
export function parseArbiterMessage(line: string): ArbiterMessage | undefined {
  const said = parseObject(line);
  const type = said?.['type'];
  if (type === 'reopenLogs' || type === 'serverEnds' || type === 'recordNext' || type === 'recordOff') return { type };
  if (said !== undefined && type === 'record') return parseRecord(said);
  if (said !== undefined && (type === 'onceRun' || type === 'onceDone')) return readOnceOrder(said);
  if (type === 'tellMetrics') return isCount(said?.['scrape']) ? { type, scrape: said['scrape'] } : undefined;
  if (said === undefined || !isBoot(said)) return undefined;
  // An arbiter from before there were trials does not speak of one, nor one from before that of when the process was started.
  const startedAt = isCount(said.startedAt) ? said.startedAt : undefined;
  return { ...said, config: wholeConfig(said.config), isOnTrial: said.isOnTrial === true, startedAt };
}

function parseRecord({ recording }: Fields): ArbiterMessage | undefined {
  if (!isObject(recording)) return undefined;
  const { what, seconds } = recording;
  if (what === 'heap') return { type: 'record', recording: { what } };
  return what === 'profile' && isCount(seconds) ? { type: 'record', recording: { what, seconds } } : undefined;
}

type SaidBoot = Omit<Extract<ArbiterMessage, { type: 'boot' }>, 'config'> & { readonly config: SaidConfig };

/** `config` is taken as it is: the settings that the arbiter itself has checked, each by its own kind. */
function isBoot(said: Fields): said is Fields & SaidBoot {
  const { type, config, listeners, age, generation } = said;
  return type === 'boot' && isObject(config) && Array.isArray(listeners) && isCount(age) && isCount(generation);
}

const isErrorCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(ERRORS, value);
