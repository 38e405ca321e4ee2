/**
 * The control socket (setting `controlSocket`): when it answers, and what each command does. Invariant: what changes the server goes
 * through the mailbox, as signals do; whoever waits for the outcome waits outside of it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { duplicateFd } from '@qilin/picoev';
import { explain } from '../contract/errors.ts';
import type { Recording } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type Order, PROFILE_TAKES, type ScaleTo } from '../control/commands.ts';
import { ControlServer } from '../control/control-server.ts';
import { Refusal, TakenOver } from '../control/refusal.ts';
import { listSettings } from '../settings/describe.ts';
import type { Crew } from './crew.ts';
import type { WorkerView } from './fleet.ts';
import type { Generations } from './generations.ts';
import type { ReloadResult } from './last-reload.ts';
import type { TakePart } from './recordings.ts';
import type { Reloads } from './reload.ts';
import { isBeyond } from './scaler.ts';
import type { ServerView } from './server-view.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';

export interface ControlEvent {
  readonly type: 'order';
  readonly order: Order;
  readonly onDone: (result: object | Promise<object>) => void;
  readonly onFailed: (error: unknown) => void;
}

/** How long `stacks` waits for word from a worker: two signs of life, and the delay of a loaded machine. */
const STACKS_TAKE: Milliseconds = 3_000;
const LOOK_EACH: Milliseconds = 50;

const TAKEN_OVER = 'The new arbiter of an upgrade has just taken over: ask again, and it answers.';

interface Parts {
  readonly state: ArbiterState;
  readonly generations: Generations;
  readonly succession: Succession;
  readonly crew: Crew;
  readonly reloads: Reloads;
  readonly view: ServerView;
  put(event: ControlEvent): void;
}

export class Control {
  readonly #parts: Parts;
  #server: ControlServer | undefined;
  /** Where it listens. */
  #fd: number | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Answers from now on, or no more: of the two arbiters of an upgrade one does. To be called after each change. */
  follow(): undefined {
    const { control } = this.#parts.generations;
    if (control === undefined || !this.#speaksForServer) {
      this.close();
    } else if (control.fd !== this.#fd) {
      this.close();
      this.#server = this.#open(control.fd);
      this.#fd = control.fd;
    }
  }

  get #speaksForServer(): boolean {
    const { succession, crew } = this.#parts;
    return succession.speaksForServer(crew.hasStarted);
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#fd = undefined;
  }

  /** What was ordered, by an event that was put. */
  hear({ order, onDone, onFailed }: ControlEvent): void {
    try {
      if (!this.#speaksForServer) throw new TakenOver(TAKEN_OVER);
      this.#parts.state.log.info(`Handling command: ${order.command}`);
      onDone(this.#obey(order));
    } catch (error) {
      onFailed(error);
    }
  }

  #open(fd: number): ControlServer {
    return new ControlServer(duplicateFd(fd), {
      carryOut: (order, take) => this.carryOut(order, take),
      onError: (error) => this.#parts.state.log.error(`The control socket: ${explain(error)}`),
    });
  }

  /** @throws Refusal */
  carryOut(order: Order, take: TakePart): object | Promise<object> {
    const { state, view, put } = this.#parts;
    if (!this.#speaksForServer) throw new TakenOver(TAKEN_OVER);
    switch (order.command) {
      case 'status':
        return view.status();
      case 'config':
        return listSettings(state.config, state.origins);
      case 'slowest':
        if (state.config.adminBind === null)
          throw new Refusal('Requests are timed where adminBind is set: set it, and reload.');
        return view.status().slowest;
      case 'stacks':
        return this.#stacks(order.arguments.pid);
      case 'profile':
        return this.#record(
          order.arguments.pid,
          { what: 'profile', seconds: order.arguments.seconds ?? PROFILE_TAKES },
          take,
        );
      case 'heap':
        return this.#record(order.arguments.pid, { what: 'heap' }, take);
      default:
        return new Promise((onDone, onFailed) => {
          put({ type: 'order', order, onDone, onFailed });
        });
    }
  }

  #obey(order: Order): object | Promise<object> {
    const { state, succession } = this.#parts;
    switch (order.command) {
      case 'drain':
        succession.terminate();
        return order.arguments.wait ? NEVER : { message: 'The server ends when its requests are answered' };
      case 'stop':
        succession.end('stop');
        return order.arguments.wait ? NEVER : { message: 'The server ends' };
    }
    if (state.fleet.goal !== 'serve') throw new Refusal('The server ends: start it again instead.');
    switch (order.command) {
      case 'reload':
        return this.#reload(order.arguments.wait);
      case 'upgrade':
        return this.#upgrade(order.arguments.wait);
      case 'scale':
        return this.#scale(order.arguments.to);
      case 'restart':
        return this.#restart(order.arguments.pid);
      default:
        throw new Error(`${order.command} changes nothing`);
    }
  }

  #reload(waits: boolean | undefined): Promise<ReloadResult> | object {
    const { ended } = this.#parts.reloads.begin();
    return waits ? ended : { message: 'The reload has begun' };
  }

  #upgrade(waits: boolean | undefined): Promise<ReloadResult> | object {
    const attempt = this.#parts.succession.handOver();
    if (attempt === undefined) throw new Refusal('An upgrade is under way already: wait until it is over.');
    return waits ? attempt.ended : { message: 'The upgrade has begun' };
  }

  #scale(to: ScaleTo): object {
    const { state, generations } = this.#parts;
    if (generations.areNumbered)
      throw new Refusal('Each worker has an address of its own ({worker} in bind): change workers, and reload.');
    const { workerBounds } = state.config;
    const target = to === '+1' ? 'more' : to === '-1' ? 'fewer' : to;
    if (isBeyond(workerBounds, state.info.workers, target))
      throw new Refusal(`workers has bounds: a number from ${workerBounds?.min} to ${workerBounds?.max}, or 0.`);
    state.change({ type: 'scale', to: target });
    const { workers } = state.info;
    return { message: `${workers} ${workers === 1 ? 'worker is' : 'workers are'} wanted` };
  }

  #restart(pid: number): object {
    const { state } = this.#parts;
    const worker = this.#find(pid);
    if (worker.state !== 'ready')
      throw new Refusal(`Worker ${pid} is ${worker.state}: only one that is ready is replaced.`);
    state.change({ type: 'retire', age: worker.age, cause: 'share' });
    return { message: `Worker ${pid} leaves when another serves in its place` };
  }

  async #record(pid: number, recording: Recording, take: TakePart): Promise<object> {
    const { state, crew } = this.#parts;
    const { age, state: at } = this.#find(pid);
    if (at === 'booting') throw new Refusal(`Worker ${pid} is booting: ask when it serves.`);
    state.log.info(`Handling command: ${recording.what} of worker ${pid}`);
    await crew.record(age, recording, take);
    return { pid };
  }

  #find(pid: number): WorkerView {
    const { state, crew } = this.#parts;
    const worker = state.fleet.workers.find(({ age }) => crew.facts(age).pid === pid);
    if (worker !== undefined) return worker;
    const pids = state.fleet.workers.flatMap(({ age }) => crew.facts(age).pid ?? []);
    throw new Refusal(`No worker has the pid ${pid}: there are ${pids.join(', ') || 'none'}.`);
  }

  /** Of each worker as soon as there is word of it: a sign of life from now on, or where it is stuck. */
  async #stacks(only: number | undefined): Promise<readonly object[]> {
    const { state, crew } = this.#parts;
    if (state.config.stallWarning === 0)
      throw new Refusal('Where a worker is stuck is known while stallWarning is on: it is 0.');
    const from = performance.now();
    const asked = only === undefined ? undefined : this.#find(only).age;
    const workers = () =>
      state.fleet.workers.filter(({ age }) => crew.facts(age).pid !== null && (asked === undefined || age === asked));
    const isKnown = ({ age, heartbeatAt }: WorkerView) => heartbeatAt >= from || crew.stacks(age).length > 0;
    while (!workers().every(isKnown) && performance.now() - from < STACKS_TAKE) await pause(LOOK_EACH);
    return workers().flatMap((worker): readonly object[] => {
      const { pid } = crew.facts(worker.age);
      const stacks = crew.stacks(worker.age);
      if (stacks.length > 0) return stacks.map((one) => ({ pid, ...one }));
      const stuckSeconds = isKnown(worker) ? 0 : Math.round(crew.silenceOf(worker)) / 1000;
      return [{ pid, thread: 0, stuckSeconds, stack: null }];
    });
  }
}

/** Whoever waits for the end of the server sees that of the connection. */
const NEVER = new Promise<never>(() => {});
