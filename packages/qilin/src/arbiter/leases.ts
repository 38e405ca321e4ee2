/**
 * Who runs the tasks of `once`. Pure. Invariant: a task has one holder at most, and gets another only when that one has said that it has
 * ended, or its process has gone.
 */
import { backoff, WELL_AFTER } from '../contract/backoff.ts';
import type { OnceEnd } from '../contract/once.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type Fleet, isServing } from './fleet.ts';

/** One call of `once` in a worker. */
export interface Asker {
  readonly key: string;
  readonly task: string;
  /** Its worker; null for one of the new arbiter's of an upgrade. */
  readonly age: number | null;
  /** Its worker's, for what is done once by the workers of the same code. */
  readonly generation: number;
  readonly pid: number;
}

interface Task {
  /** Key of the asker that runs it. */
  readonly holder: string | null;
  readonly since: Milliseconds;
  /** In a row. */
  readonly failures: number;
  readonly retryAt: Milliseconds;
  /** The last generation that needs it no more. */
  readonly doneIn: number;
}

export interface Leases {
  /** In the order in which they asked. */
  readonly askers: readonly Asker[];
  readonly tasks: ReadonlyMap<string, Task>;
}

export const NO_LEASES: Leases = { askers: [], tasks: new Map() };

const UNTOUCHED: Task = { holder: null, since: 0, failures: 0, retryAt: 0, doneIn: 0 };

/** Those of the new arbiter of an upgrade, which counts its generations anew. */
export const OF_HEIR = Number.MAX_SAFE_INTEGER;

/** Without effect for a key that has asked already. */
export function ask(leases: Leases, asker: Asker): Leases {
  if (leases.askers.some(({ key }) => key === asker.key)) return leases;
  return { ...leases, askers: [...leases.askers, asker] };
}

/** It does not run the task any more, or does not want to. One that failed stands in line again, behind the others. */
export function letGo(leases: Leases, key: string, end: OnceEnd, now: Milliseconds): Leases {
  const asker = leases.askers.find((each) => each.key === key);
  if (asker === undefined) return leases;
  const others = leases.askers.filter((each) => each !== asker);
  const rest = { ...leases, askers: end === 'failed' ? [...others, asker] : others };
  const task = leases.tasks.get(asker.task);
  if (task?.holder !== key) return tidy(rest);
  const doneIn = end === 'done' ? Math.max(task.doneIn, asker.generation) : task.doneIn;
  return tidy(withTask(rest, asker.task, { ...freed(task, end === 'failed', now), doneIn }));
}

/**
 * The processes of these askers have gone.
 * @param isFault By themselves: a task that ends its worker at once is tried again ever later.
 */
export function gone(leases: Leases, isGone: (asker: Asker) => boolean, isFault: boolean, now: Milliseconds): Leases {
  const keys = new Set(leases.askers.filter(isGone).map(({ key }) => key));
  if (keys.size === 0) return leases;
  const tasks = [...leases.tasks].map(([name, task]): [string, Task] => {
    if (task.holder === null || !keys.has(task.holder)) return [name, task];
    return [name, freed(task, isFault && now - task.since < WELL_AFTER, now)];
  });
  return tidy({ askers: leases.askers.filter(({ key }) => !keys.has(key)), tasks: new Map(tasks) });
}

function freed(task: Task, hasFailed: boolean, now: Milliseconds): Task {
  const failures = hasFailed ? task.failures + 1 : 0;
  return { ...task, holder: null, failures, retryAt: now + (hasFailed ? backoff(failures) : 0) };
}

/** What an arbiter before this one, or after it, has given: the asker runs it. */
export function hold(leases: Leases, key: string, now: Milliseconds): Leases {
  const asker = leases.askers.find((each) => each.key === key);
  if (asker === undefined) return leases;
  return withTask(leases, asker.task, { ...(leases.tasks.get(asker.task) ?? UNTOUCHED), holder: key, since: now });
}

export interface Decision {
  readonly leases: Leases;
  /** They begin. */
  readonly run: readonly Asker[];
  /** They need not: others of their code have done it. */
  readonly done: readonly Asker[];
}

/**
 * Gives what nobody holds to the best of those who ask.
 * @param rankOf The less, the better; undefined for one that may have none.
 * @param isBlocked Somebody may run it of whom these leases know nothing.
 */
export function decide(
  leases: Leases,
  rankOf: (asker: Asker) => number | undefined,
  isBlocked: (task: string) => boolean,
  now: Milliseconds,
): Decision {
  const done = leases.askers.filter((asker) => isDone(leases, asker));
  const askers = done.length === 0 ? leases.askers : leases.askers.filter((asker) => !isDone(leases, asker));
  const tasks = new Map(leases.tasks);
  const run: Asker[] = [];
  for (const [name, line] of byTask(askers)) {
    const task = tasks.get(name) ?? UNTOUCHED;
    if (task.holder !== null || now < task.retryAt || isBlocked(name)) continue;
    const best = bestOf(line, rankOf);
    if (best === undefined) continue;
    run.push(best);
    tasks.set(name, { ...task, holder: best.key, since: now });
  }
  return { leases: run.length === 0 && done.length === 0 ? leases : tidy({ askers, tasks }), run, done };
}

function byTask(askers: readonly Asker[]): ReadonlyMap<string, readonly Asker[]> {
  const lines = new Map<string, Asker[]>();
  for (const asker of askers) {
    const line = lines.get(asker.task);
    if (line === undefined) lines.set(asker.task, [asker]);
    else line.push(asker);
  }
  return lines;
}

function isDone({ tasks }: Leases, { key, task: name, generation }: Asker): boolean {
  const task = tasks.get(name);
  return task !== undefined && task.holder !== key && task.doneIn >= generation;
}

function bestOf(askers: readonly Asker[], rankOf: (asker: Asker) => number | undefined): Asker | undefined {
  let best: Asker | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const asker of askers) {
    const rank = rankOf(asker);
    if (rank === undefined || rank >= least) continue;
    best = asker;
    least = rank;
  }
  return best;
}

const withTask = (leases: Leases, name: string, task: Task): Leases => ({
  ...leases,
  tasks: new Map(leases.tasks).set(name, task),
});

/** Of what nobody asks for any more only that is kept that is done. */
function tidy(leases: Leases): Leases {
  const asked = new Set(leases.askers.map(({ task }) => task));
  const kept = [...leases.tasks].filter(([name, task]) => asked.has(name) || task.doneIn > 0);
  return kept.length === leases.tasks.size ? leases : { ...leases, tasks: new Map(kept) };
}

/** Who runs what: for whoever takes this arbiter's place. */
export const holders = ({ askers, tasks }: Leases): readonly Asker[] =>
  askers.filter(({ key, task }) => tasks.get(task)?.holder === key);

/**
 * Those first that will serve for long: a task should move as seldom as may be. One that is about to leave has none.
 * @see decide
 */
export function rankIn(fleet: Fleet): (asker: Asker) => number | undefined {
  const { serving, candidate, workers } = fleet;
  return ({ age }) => {
    // Of the new arbiter's workers it is known that they will be there when those of this one leave.
    if (age === null) return 3;
    const worker = workers.find((each) => each.age === age);
    if (worker === undefined || fleet.goal !== 'serve') return undefined;
    const isCurrent = worker.generation === serving.number || worker.generation === candidate?.number;
    if (!isCurrent) return isServing(worker) ? 5 : undefined;
    if (worker.state === 'retiring') return 4;
    if (worker.state === 'booting') return 2;
    if (worker.state !== 'ready') return undefined;
    return worker.generation === serving.number ? 0 : 1;
  };
}
