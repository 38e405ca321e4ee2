/** What a user's requests remember from one to the next, and whether that was read or changed. */

/**
 * The keys of the app's sessions and their types, for the app to fill in:
 *
 * @example
 * declare module '@qilin/flask' {
 *   interface SessionData {
 *     userId: number;
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: apps merge their keys into it
export interface SessionData {}

/** The type of a key: what {@link SessionData} says, else unknown. */
export type SessionValue<K extends string> = K extends keyof SessionData ? SessionData[K] : unknown;

const PERMANENT = '_permanent';

/**
 * A session: a dictionary that knows whether it was read ({@link accessed}) and changed ({@link modified}). Mirrors
 * Flask's `SecureCookieSession`. `session['user']` of Python reads `session.get('user')` here, so that keys and methods
 * never meet.
 *
 * Only the dictionary is watched. Whoever changes a list or an object inside sets `modified` by hand, as in Flask.
 */
export class Session implements Iterable<[string, unknown]> {
  readonly #data: Map<string, unknown>;
  /** Whether the request brought no valid session. (Flask's own is always false.) */
  readonly new: boolean;
  /** Whether it was changed, and must be saved. */
  modified = false;
  /** Whether it was read, so that the answer depends on the cookie: `Vary: Cookie`. */
  accessed = false;

  /** @param stored what the request brought; a new session unless given */
  constructor(stored?: Readonly<Record<string, unknown>>) {
    this.#data = new Map(Object.entries(stored ?? {}));
    this.new = stored === undefined;
  }

  /** The value of a key, or the fallback. */
  get<K extends string>(key: K): SessionValue<K> | undefined;
  get<K extends string, D>(key: K, fallback: D): SessionValue<K> | D;
  get(key: string, fallback?: unknown): unknown {
    return this.#read().has(key) ? this.#data.get(key) : fallback;
  }

  has(key: string): boolean {
    return this.#read().has(key);
  }

  get size(): number {
    return this.#read().size;
  }

  keys(): IterableIterator<string> {
    return this.#read().keys();
  }

  values(): IterableIterator<unknown> {
    return this.#read().values();
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#read().entries();
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  /** Sets a key: `session['user'] = …`. */
  set<K extends string>(key: K, value: SessionValue<K>): this {
    this.write().set(key, value);
    return this;
  }

  /** Sets several keys. */
  update(values: Partial<SessionData> & Readonly<Record<string, unknown>>): this {
    const data = this.write();
    for (const [key, value] of Object.entries(values)) data.set(key, value);
    return this;
  }

  /** Forgets a key; says whether it was there. */
  delete(key: string): boolean {
    // Nothing to forget is no change: the cookie is not sent again for it.
    return this.canForget(key) && this.write().delete(key);
  }

  /** Forgets a key and returns what it was, or the fallback: `session.pop('user', None)`. */
  pop<K extends string>(key: K): SessionValue<K> | undefined;
  pop<K extends string, D>(key: K, fallback: D): SessionValue<K> | D;
  pop(key: string, fallback?: unknown): unknown {
    if (!this.canForget(key)) return fallback;
    const value = this.#data.get(key);
    this.write().delete(key);
    return value;
  }

  /** The value of a key; sets it first when it is missing. Python's `setdefault`. */
  setDefault<K extends string>(key: K, value: SessionValue<K>): SessionValue<K>;
  setDefault(key: string, value: unknown): unknown {
    if (this.#read().has(key)) return this.#data.get(key);
    this.write().set(key, value);
    return value;
  }

  /** Whether there is a key to be forgotten. */
  protected canForget(key: string): boolean {
    return this.#read().has(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.write().clear();
  }

  /** Whether it outlives the browser: for `PERMANENT_SESSION_LIFETIME`. Kept in the session as `_permanent`. */
  get permanent(): boolean {
    return Boolean(this.#read().get(PERMANENT));
  }

  set permanent(value: boolean) {
    this.write().set(PERMANENT, value);
  }

  /** A copy of what is in it, read without a trace: for session interfaces, not for views. */
  peek(): Record<string, unknown> {
    return Object.fromEntries(this.#data);
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this.#read());
  }

  #read(): Map<string, unknown> {
    this.accessed = true;
    return this.#data;
  }

  /** Every change goes through here. */
  protected write(): Map<string, unknown> {
    this.accessed = true;
    this.modified = true;
    return this.#data;
  }
}

/** The session of an app without a secret key: empty, and an error for whoever changes it. Flask's `NullSession`. */
export class NullSession extends Session {
  /** @throws {Error} always: Flask's RuntimeError */
  protected override write(): never {
    throw new Error(
      'The session is unavailable because no secret key was set.' +
        " Set SECRET_KEY in the app's config to something unique and secret.",
    );
  }

  protected override canForget(): never {
    return this.write();
  }
}
