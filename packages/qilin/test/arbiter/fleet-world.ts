/** A world for the arbiter's rules without processes: time passes when told, and workers do what the test says. */
import { apply, createFleet, type Fleet, type FleetEvent, TICK, type Wanted } from '../../src/arbiter/fleet.ts';
import { type Action, plan } from '../../src/arbiter/plan.ts';

export const wanted = (count: number, limits: Partial<Wanted['limits']> = {}): Wanted => ({
  count,
  limits: { timeout: 30_000, gracefulTimeout: 30_000, preloadApp: false, ...limits },
});

export class FleetWorld {
  now = 0;
  fleet: Fleet;
  /** All actions so far, in order. */
  readonly log: Action[] = [];
  exitStatus: number | undefined;

  constructor(start: Wanted) {
    this.fleet = createFleet(start, this.now);
    this.#act();
  }

  /** Something happens; the arbiter acts on it. Returns what it did. */
  event(event: FleetEvent): Action[] {
    this.fleet = apply(this.fleet, event, this.now);
    return this.#act();
  }

  /** Time passes; the workers that are healthy send their heartbeats. Returns what the arbiter did. */
  pass(duration: number, isHealthy: (age: number) => boolean = () => true): Action[] {
    const before = this.log.length;
    for (const end = this.now + duration; this.now < end; ) {
      this.now += TICK;
      for (const { age } of this.fleet.workers) if (isHealthy(age)) this.event({ type: 'heartbeat', age });
      this.event({ type: 'tick' });
    }
    return this.log.slice(before);
  }

  /** Every booting worker becomes ready. */
  boot(): Action[] {
    return this.ages('booting').flatMap((age) => this.event({ type: 'ready', age }));
  }

  /** Every worker that was told to leave does so. */
  bury(): Action[] {
    const leaving = [...this.ages('draining'), ...this.ages('aborting')];
    return leaving.flatMap((age) => this.exit(age));
  }

  exit(age: number, fatalStatus = 3): Action[] {
    return this.event({ type: 'exited', age, fatalStatus });
  }

  ages(...states: readonly string[]): number[] {
    return this.fleet.workers.filter(({ state }) => states.includes(state)).map(({ age }) => age);
  }

  /** As the shell does it: carry out, tell the fleet, and plan again. */
  #act(): Action[] {
    const done: Action[] = [];
    while (this.exitStatus === undefined) {
      const actions = plan(this.fleet, this.now);
      if (actions.length === 0) break;
      for (const action of actions) this.#perform(action);
      done.push(...actions);
    }
    this.log.push(...done);
    return done;
  }

  #perform(action: Action): void {
    if (action.type === 'exit') this.exitStatus = action.status;
    else this.fleet = apply(this.fleet, toEvent(action), this.now);
  }
}

function toEvent(action: Exclude<Action, { type: 'exit' }>): FleetEvent {
  switch (action.type) {
    case 'spawn':
      return { type: 'spawned' };
    case 'commit':
      return { type: 'commit' };
    case 'drain':
      return { type: 'drained', age: action.age };
    case 'quit':
    case 'abort':
      return { type: 'aborted', age: action.age };
    case 'kill':
      return { type: 'killed', age: action.age };
  }
}
