/** The slowest requests, by route: as a worker tells them with a sign of life, and as the arbiter keeps them. Pure. */
import { type Fields, isCount, isObject } from './fields.ts';
import type { Milliseconds } from './units.ts';

export interface SlowRequest {
  readonly method: string;
  /** The app's own, where it tells (`@qilin/flask`); else the path, in which numbers and ids are folded into `*`. */
  readonly route: string;
  /** 0: there was no answer. */
  readonly status: number;
  /** In the kernel, and until its turn came, before anybody could look at it. */
  readonly queue: Milliseconds;
  /** Until its answer began. */
  readonly app: Milliseconds;
  /** From there until all of it was given. */
  readonly writing: Milliseconds;
}

/** Faster ones are not looked at: nothing is to be dearer for them. */
export const SLOW_LEAST: Milliseconds = 5;

/** What a request may have as its route where that is told. */
export const ROUTE = Symbol.for('qilin.route');

const LONGEST_METHOD = 20;
const LONGEST_ROUTE = 200;

export const totalOf = ({ queue, app, writing }: SlowRequest): Milliseconds => queue + app + writing;

/** Keeps the slowest of each route, of the slowest `most` routes. */
export class SlowestByRoute<Request extends SlowRequest = SlowRequest> {
  readonly #most: number;
  readonly #byRoute = new Map<string, Request>();

  constructor(most: number) {
    this.#most = most;
  }

  get all(): readonly Request[] {
    return [...this.#byRoute.values()];
  }

  add(request: Request): void {
    const key = `${request.method} ${request.route}`;
    const known = this.#byRoute.get(key);
    if (known !== undefined && totalOf(known) >= totalOf(request)) return;
    if (known === undefined && this.#byRoute.size >= this.#most && !this.#makeRoomFor(request)) return;
    this.#byRoute.set(key, request);
  }

  clear(): void {
    this.#byRoute.clear();
  }

  /** By the quickest of those that are kept, where that is quicker. */
  #makeRoomFor(request: Request): boolean {
    const [quickest] = [...this.#byRoute].sort(([, one], [, other]) => totalOf(one) - totalOf(other));
    if (quickest === undefined || totalOf(quickest[1]) >= totalOf(request)) return false;
    return this.#byRoute.delete(quickest[0]);
  }
}

/** A segment that says which one, and not what: a number, a UUID, a hash, a date, a token. */
const IDS = [/^\d+$/, /^[0-9a-f-]{8,}$/i, /^\d{4}-\d{2}-\d{2}/, /^(?=.*\d)[\w~.-]{20,}$/, /^.{48,}$/];
/** An ordinary word of the letters a to f, such as `facade`. */
const HAS_DIGIT = /\d/;
const MOST_SEGMENTS = 10;

const isId = (segment: string): boolean =>
  IDS.some((pattern) => pattern.test(segment)) && (HAS_DIGIT.test(segment) || segment.length >= 48);

/** `/users/17/orders?page=2` is `/users/*` + `/orders`: what many requests have in common. */
export function foldPath(target: string): string {
  const end = target.indexOf('?');
  const path = (end < 0 ? target : target.slice(0, end)).slice(0, 8 * LONGEST_ROUTE);
  const segments = path.split('/');
  const folded = segments.slice(0, MOST_SEGMENTS).map((segment) => (isId(segment) ? '*' : segment));
  const text = segments.length > MOST_SEGMENTS ? `${folded.join('/')}/…` : folded.join('/');
  return text.length > LONGEST_ROUTE ? `${text.slice(0, LONGEST_ROUTE)}…` : text;
}

/** In one heartbeat. */
export const MOST_TOLD = 32;

/** What a worker says; what is no such request is dropped. */
export function readSlow(said: unknown): readonly SlowRequest[] {
  if (!Array.isArray(said)) return [];
  return said.slice(0, MOST_TOLD).flatMap((one: unknown) => (isObject(one) ? (readOne(one) ?? []) : []));
}

function readOne({ method, route, status, queue, app, writing }: Fields): SlowRequest | undefined {
  if (typeof method !== 'string' || typeof route !== 'string' || !isCount(status)) return undefined;
  if (!isCount(queue) || !isCount(app) || !isCount(writing)) return undefined;
  return {
    method: method.slice(0, LONGEST_METHOD),
    route: route.slice(0, LONGEST_ROUTE + 1),
    status,
    queue,
    app,
    writing,
  };
}
