/** A world for the arbiter's rules without processes: time passes when told, and workers do what the test says. */
import { createFleet, type Fleet, mayWaitForMemory, type Wanted } from '../../src/arbiter/fleet.ts';
import { type Action, plan } from '../../src/arbiter/plan.ts';
import { apply, type FleetEvent, TICK } from '../../src/arbiter/transitions.ts';

const LIMITS: Wanted['limits'] = {
  timeout: 30_000,
  bootTimeout: 60_000,
  gracefulTimeout: 30_000,
  preloadApp: false,
  canary: false,
  drainGenerations: 2,
};

export const wanted = (count: number, limits: Partial<Wanted['limits']> = {}): Wanted => ({
  count,
  limits: { ...LIMITS, ...limits },
});

/** How often a worker that is healthy sends one: a multiple of the tick, and a part of each `timeout` here. */
const HEARTBEAT = 4 * TICK;

export class FleetWorld {
  now = 0;
  fleet: Fleet;
  /** All actions so far, in order. */
  readonly log: Action[] = [];
  exitStatus: number | undefined;
  /** Whether a worker that is to be spawned waits for `prepared()`, as for a hook. */
  prepares = false;
  /** Whether the system refuses to start a process. */
  refuses = false;
  /** Whether there is no memory for a successor beside those who have outgrown theirs. */
  crowds = false;
  /** Called when the arbiter has done all there was to do. */
  onRest: () => void = () => {};

  constructor(start: Wanted, isUpgrade = false) {
    this.fleet = createFleet(start, this.now, isUpgrade);
    this.#act();
  }

  /** Something happens; the arbiter acts on it. Returns what it did. */
  event(event: FleetEvent): Action[] {
    this.#apply({ type: 'tick' });
    this.#apply(event);
    return this.#act();
  }

  /** Time passes; the workers that are healthy send their heartbeats. Returns what the arbiter did. */
  pass(duration: number, isHealthy: (age: number) => boolean = () => true): Action[] {
    const before = this.log.length;
    const end = this.now + duration;
    for (let beatAt = this.now + TICK; this.now < end; ) {
      this.now = Math.min(end, this.now + TICK);
      if (this.now >= beatAt || this.now === end) {
        for (const { age } of this.fleet.workers) if (isHealthy(age)) this.#apply({ type: 'heartbeat', age });
        beatAt = this.now + HEARTBEAT;
      }
      this.#apply({ type: 'tick' });
      this.#act();
    }
    return this.log.slice(before);
  }

  /** Every booting worker becomes ready. */
  boot(): Action[] {
    return this.ages('booting').flatMap((age) => this.event({ type: 'ready', age }));
  }

  /** The hooks of all workers that wait for them are done. */
  prepared(): void {
    for (const age of this.ages('preparing')) this.#start(age);
    this.#act();
  }

  /** Every worker that was told to leave does so. */
  bury(): Action[] {
    const leaving = this.ages('draining', 'snapshotting', 'quitting', 'aborting');
    return leaving.flatMap((age) => this.exit(age));
  }

  exit(age: number, fatalStatus = 3): Action[] {
    return this.event({ type: 'exited', age, fatalStatus, code: null });
  }

  ages(...states: readonly string[]): number[] {
    return this.fleet.workers.filter(({ state }) => states.includes(state)).map(({ age }) => age);
  }

  #apply(event: FleetEvent): void {
    this.fleet = apply(this.fleet, event, this.now);
  }

  /** As the shell does it: carry out, tell the fleet, and plan again. */
  #act(): Action[] {
    const done: Action[] = [];
    while (this.exitStatus === undefined) {
      const actions = plan(this.fleet, this.now);
      if (actions.length === 0) break;
      for (const action of actions) if (this.#perform(action)) done.push(action);
    }
    this.log.push(...done);
    this.onRest();
    return done;
  }

  /** False when it has to wait. */
  #perform(action: Action): boolean {
    const waits = this.crowds && action.type === 'spawn' && mayWaitForMemory(this.fleet, action.generation, this.now);
    if (action.type === 'exit') this.exitStatus = action.status;
    else this.#apply(waits ? { type: 'crowded' } : toEvent(action));
    if (action.type === 'spawn' && !waits && !this.prepares) this.#start(this.fleet.lastAge);
    return !waits;
  }

  #start(age: number): void {
    this.#apply({ type: this.refuses ? 'spawnFailed' : 'spawned', age });
  }
}

function toEvent(action: Exclude<Action, { type: 'exit' }>): FleetEvent {
  switch (action.type) {
    case 'spawn':
      return { type: 'preparing', generation: action.generation };
    case 'commit':
    case 'callOff':
      return { type: action.type };
    case 'drop':
      return { type: 'dropped', age: action.age };
    case 'drain':
      return { type: 'drained', age: action.age };
    case 'quit':
      return { type: 'quitted', age: action.age };
    case 'abort':
      return { type: 'aborted', age: action.age };
    case 'kill':
      return { type: 'killed', age: action.age };
  }
}
