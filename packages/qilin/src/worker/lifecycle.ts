/**
 * One life, of a worker's process, of a thread, or of a server in the program's own process: a state machine without I/O.
 * `step()` takes what has happened and the time, and gives the state that follows and what is to be done; life.ts does it.
 *
 *   waiting → loading → loaded → starting → serving → draining → parting → closing → left
 *
 * While it drains, requests are answered that were on their way. Then, and not before, the app has its turn (parting): its own
 * handlers of the signal find nothing left that they could cut. Invariants: `finish` is the last effect, and comes once; no handler
 * runs while a request could still be lost to it, unless its time is nearly up.
 */
import { QilinError, WORKER_BOOT_ERROR } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Effect, LeaveSignal, LifeEvent, News } from './life-terms.ts';

/** What the app's own handlers have, at the end of `gracefulTimeout`, where requests take all of it. */
const SHARE_OF_HANDLERS: Milliseconds = 1_000;
/** What the app's own handlers have on a quick stop. */
const HURRY: Milliseconds = 500;
/** What `onShutdown` and the hooks may take at least, also after an uncaught error, a quick or a forced stop. */
const LAST_WORDS: Milliseconds = 1_000;

export type Life =
  | { readonly at: 'waiting' | 'loading' | 'loaded' | 'starting' | 'serving' | 'left' }
  | (Ending & {
      /** Accepts no more, and answers what is in flight. */
      readonly at: 'draining';
      /** When the app's handlers have their turn, whatever is still open. */
      readonly handOver: Milliseconds;
    })
  | (Ending & {
      /** The app has its turn: its handlers of the signal have been called. */
      readonly at: 'parting';
      /** No connection is open. */
      readonly isDrained: boolean;
      /** The app has nothing left to do. */
      readonly isIdle: boolean;
    })
  /** Nothing is served any more: the last words of app and hooks. */
  | (Ending & { readonly at: 'closing' });

interface Ending {
  /** Whether the app has a turn of its own before the last words. */
  readonly hasTurn: boolean;
  /** The one that its handlers are then called with, if any. */
  readonly signal: LeaveSignal | undefined;
  /** When patience ends. */
  readonly until: Milliseconds;
  /** The exit status, if the app asks for no other. */
  readonly status: number;
  /** What the app has called `process.exit` with. */
  readonly asked: number | undefined;
}

export interface Step {
  readonly life: Life;
  readonly effects: readonly Effect[];
}

export const UNBORN: Life = { at: 'waiting' };

/** Whether `process.exit` of the app ends the process at once, as under node: it has no request to lose by Qilin's doing. */
export const mayExit = ({ at }: Life): boolean => at !== 'draining' && at !== 'parting' && at !== 'closing';

export function step(life: Life, event: LifeEvent, now: Milliseconds): Step {
  switch (event.type) {
    case 'boot':
      return life.at === 'waiting' ? to({ at: 'loading' }, { type: 'load' }) : stay(life);
    case 'loaded':
      return life.at === 'loading' ? to({ at: 'loaded' }, tell({ type: 'loaded' })) : stay(life);
    case 'serve':
      return life.at === 'loaded' ? to({ at: 'starting' }, { type: 'start' }) : stay(life);
    case 'started':
      return life.at === 'starting' ? to({ at: 'serving' }, tell({ type: 'ready' })) : stay(life);
    case 'bootFailed':
      return bootFailed(life, event.error);
    case 'retire':
      return life.at === 'serving'
        ? to(life, tell({ type: 'retiring', failed: false, reason: event.reason }))
        : stay(life);
    case 'drain':
      return drain(life, event, now);
    case 'quit':
      return quit(life, event, now);
    case 'failed':
      return failed(life, event, now);
    case 'exitAsked':
      return exitAsked(life, event.status, now);
    case 'quiet':
      return life.at === 'draining' ? part(life, false, now) : stay(life);
    case 'drained':
      return drained(life, now);
    case 'idle':
      return idle(life, event.status, now);
    case 'lastWordsSaid':
      return life.at === 'closing' ? leave(life) : stay(life);
    case 'wake':
      return wake(life, now);
  }
}

const to = (life: Life, ...effects: readonly Effect[]): Step => ({ life, effects });
const stay = (life: Life): Step => ({ life, effects: [] });
const tell = (news: News): Effect => ({ type: 'tell', news });
const wakeAt = (moment: Milliseconds): readonly Effect[] =>
  Number.isFinite(moment) ? [{ type: 'wakeAt', moment }] : [];

type Draining = Extract<Life, { at: 'draining' }>;
type Parting = Extract<Life, { at: 'parting' }>;
type Closing = Extract<Life, { at: 'closing' }>;

const isBooting = ({ at }: Life): boolean =>
  at === 'waiting' || at === 'loading' || at === 'loaded' || at === 'starting';

function bootFailed(life: Life, error: unknown): Step {
  if (!isBooting(life)) return stay(life);
  const status = error instanceof QilinError ? error.exitStatus : WORKER_BOOT_ERROR;
  return to({ at: 'left' }, tell({ type: 'bootFailed', error }), { type: 'stop' }, { type: 'finish', status });
}

function drain(life: Life, event: Extract<LifeEvent, { type: 'drain' }>, now: Milliseconds): Step {
  const { reason, signal, isOwn, isFull = false, limit } = event;
  if (life.at === 'parting') return isOwn ? deliver({ ...life, signal }) : stay(life);
  const until = now + limit;
  if (life.at === 'serving') {
    const ending: Ending = { hasTurn: true, signal, until, status: 0, asked: undefined };
    return beginDrain(ending, limit, !isFull, tell({ type: 'draining', reason }));
  }
  const hasTurn = signal !== undefined;
  return isBooting(life) ? abandon(life, { hasTurn, signal, until, status: 0, asked: undefined }, now) : stay(life);
}

function beginDrain(ending: Ending, limit: Milliseconds, takesQueue: boolean, ...first: readonly Effect[]): Step {
  const { hasTurn, until } = ending;
  const handOver = hasTurn ? until - Math.min(SHARE_OF_HANDLERS, limit / 2) : until;
  const life: Life = { ...ending, at: 'draining', handOver };
  const wakes = handOver < until ? [...wakeAt(handOver), ...wakeAt(until)] : wakeAt(until);
  return to(life, ...first, { type: 'drain', takesQueue }, tell({ type: 'deaf' }), ...wakes);
}

function quit(life: Life, event: Extract<LifeEvent, { type: 'quit' }>, now: Milliseconds): Step {
  const { signal, isOwn, status = 0 } = event;
  if (life.at === 'closing' || life.at === 'left') return stay(life);
  if (life.at === 'parting' && signal !== undefined && signal === life.signal) {
    return isOwn ? deliver(life) : stay(life);
  }
  const asked = life.at === 'draining' || life.at === 'parting' ? life.asked : undefined;
  return abandon(life, { hasTurn: signal !== undefined, signal, until: now + HURRY, status, asked }, now);
}

/** Whatever is open is closed; the app's handlers have their turn all the same. */
function abandon(life: Life, ending: Ending, now: Milliseconds): Step {
  if (life.at === 'waiting') return to({ at: 'left' }, { type: 'finish', status: ending.status });
  if (!ending.hasTurn || ending.asked !== undefined) return close(ending, now);
  const parting: Parting = { ...ending, at: 'parting', isDrained: true, isIdle: false };
  return deliver(parting, { type: 'stop' }, ...wakeAt(ending.until));
}

function failed(life: Life, event: Extract<LifeEvent, { type: 'failed' }>, now: Milliseconds): Step {
  const { error, origin, limit } = event;
  if (isBooting(life)) return bootFailed(life, error);
  const news = tell({ type: 'uncaught', error, origin });
  switch (life.at) {
    case 'serving': {
      const ending: Ending = { hasTurn: false, signal: undefined, until: now + limit, status: 1, asked: undefined };
      const retiring = tell({ type: 'retiring', failed: true, reason: 'nobody caught an error in it' });
      // It is given nothing new: others are there for it, or come.
      return beginDrain(ending, limit, false, news, retiring);
    }
    // An error of the app's own handlers ends them, as it would end the process under node.
    case 'parting':
      return before(news, exitAsked(life, 1, now));
    case 'draining':
    case 'closing':
      return to(life, news);
    default:
      return stay(life);
  }
}

function exitAsked(life: Life, status: number, now: Milliseconds): Step {
  if (life.at !== 'draining' && life.at !== 'parting' && life.at !== 'closing') return stay(life);
  const asking = { ...life, asked: life.asked ?? status };
  return asking.at === 'parting' && asking.isDrained ? close(asking, now) : stay(asking);
}

function drained(life: Life, now: Milliseconds): Step {
  const news = tell({ type: 'drained' });
  if (life.at === 'draining') return before(news, part(life, true, now));
  if (life.at !== 'parting' || life.isDrained) return stay(life);
  const alone: Parting = { ...life, isDrained: true };
  return alone.isIdle || alone.asked !== undefined ? close(alone, now, news) : to(alone, news, { type: 'stop' });
}

/** The app's turn has come, if it has one and has not asked for the end already. */
function part(life: Draining, isDrained: boolean, now: Milliseconds): Step {
  const { handOver: _, ...ending } = life;
  if (ending.hasTurn && ending.asked === undefined) {
    const parting: Parting = { ...ending, at: 'parting', isDrained, isIdle: false };
    // What an engine holds must not keep the process from coming to its end by itself.
    return isDrained ? deliver(parting, { type: 'stop' }) : deliver(parting);
  }
  return isDrained ? close(life, now) : stay(life);
}

/**
 * What others send again changes nothing: a process group, or a terminal, often has a signal twice. What the app sends to
 * itself is told to it as under node: a handler that has done its part sends it for the signal's default, which is the end.
 */
const deliver = (life: Parting, ...first: readonly Effect[]): Step =>
  to({ ...life, isIdle: false }, ...first, { type: 'deliver', signal: life.signal });

function idle(life: Life, status: number, now: Milliseconds): Step {
  if (life.at !== 'parting') return stay(life);
  const done: Parting = { ...life, isIdle: true, status: life.status === 0 ? status : life.status };
  return done.isDrained ? close(done, now) : stay(done);
}

function close(
  { hasTurn, signal, status, asked, ...ending }: Ending,
  now: Milliseconds,
  ...first: readonly Effect[]
): Step {
  const until = Math.max(ending.until, now + LAST_WORDS);
  const life: Closing = { at: 'closing', hasTurn, signal, status, asked, until };
  return to(life, ...first, { type: 'stop' }, { type: 'sayLastWords' }, ...wakeAt(until));
}

const leave = ({ asked, status }: Closing): Step => to({ at: 'left' }, { type: 'finish', status: asked ?? status });

function wake(life: Life, now: Milliseconds): Step {
  switch (life.at) {
    case 'draining':
      if (now >= life.until) return close(life, now, tell({ type: 'overdue' }));
      return now >= life.handOver ? part(life, false, now) : stay(life);
    case 'parting':
      if (now < life.until) return stay(life);
      return close(life, now, tell({ type: life.isDrained ? 'unended' : 'overdue' }));
    case 'closing':
      return now >= life.until ? leave(life) : stay(life);
    default:
      return stay(life);
  }
}

const before = (effect: Effect, { life, effects }: Step): Step => ({ life, effects: [effect, ...effects] });
