/**
 * Sessions in Redis: the cookie holds nothing but a random name. `@qilin/flask/redis`, a module of its own, because its
 * types are those of `ioredis`, which only its users have.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { addVary } from '../http/header-values.ts';
import { type SessionApp, SessionInterface, type SessionRequest, type SessionResponse } from './interface.ts';
import { Session } from './session.ts';
import { TaggedJsonSerializer } from './tagged-json.ts';

/** The commands used: an `ioredis` client, or one of a cluster, fits. */
export type RedisClient = Pick<Redis, 'get' | 'getex' | 'set' | 'del'>;

export interface RedisSessionOptions {
  /** Begins every key; `session:` unless given, as Flask-Session has it. */
  readonly keyPrefix?: string;
}

/** 256 random bits in base64url. */
const ID = /^[A-Za-z0-9_-]{43}$/;

const newId = (): string => randomBytes(32).toString('base64url');

/** A session with a name of its own. */
export class RedisSession extends Session {
  /** The name: whoever knows it has the session. */
  readonly id: string;

  constructor(id: string, stored?: Readonly<Record<string, unknown>>) {
    super(stored);
    this.id = id;
  }
}

/**
 * Keeps sessions in Redis for `PERMANENT_SESSION_LIFETIME` after their last use, where they can be large, secret, and
 * ended by the server. Mirrors Flask-Session's `RedisSessionInterface`; values are written as Flask's tagged JSON.
 *
 * @example
 * app.sessionInterface = new RedisSessionInterface(new Redis());
 */
export class RedisSessionInterface extends SessionInterface {
  readonly #client: RedisClient;
  readonly #keyPrefix: string;
  /** What the values become; `register` adds types of the app's own. */
  readonly serializer = new TaggedJsonSerializer();
  /** The new names of sessions that {@link regenerate} was asked for. */
  readonly #renamed = new WeakMap<Session, string>();

  constructor(client: RedisClient, { keyPrefix = 'session:' }: RedisSessionOptions = {}) {
    super();
    this.#client = client;
    this.#keyPrefix = keyPrefix;
  }

  /**
   * A name that Redis does not know gives a new session under a new name: nobody can choose one for somebody else.
   *
   * @throws what the client throws when Redis cannot be reached
   */
  async openSession(app: SessionApp, request: SessionRequest): Promise<RedisSession> {
    const id = request.cookies.get(this.getCookieName(app));
    if (id === undefined || !ID.test(id)) return new RedisSession(newId());
    const key = this.#keyPrefix + id;
    const stored = app.config.SESSION_REFRESH_EACH_REQUEST
      ? await this.#client.getex(key, 'EX', lifetime(app))
      : await this.#client.get(key);
    const values = stored === null ? undefined : this.#decode(stored);
    return values === undefined ? new RedisSession(newId()) : new RedisSession(id, values);
  }

  #decode(stored: string): Record<string, unknown> | undefined {
    try {
      const value = this.serializer.loads(stored);
      return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
    } catch {
      // Somebody else wrote there: as with a forged cookie, there is no session.
      return undefined;
    }
  }

  async saveSession(app: SessionApp, session: Session, response: SessionResponse): Promise<void> {
    if (!(session instanceof RedisSession))
      throw new TypeError('A Redis session can only be saved where it was opened.');
    if (session.accessed) addVary(response.headers, 'Cookie');
    const newName = this.#renamed.get(session);
    const values = session.peek();
    const isEmpty = Object.keys(values).length === 0;
    if (newName !== undefined || (isEmpty && session.modified)) await this.#client.del(this.#keyPrefix + session.id);
    if (isEmpty) {
      if (session.modified) this.deleteCookie(app, response);
      return;
    }
    const id = newName ?? session.id;
    if (session.modified) {
      await this.#client.set(this.#keyPrefix + id, this.serializer.dumps(values), 'EX', lifetime(app));
    }
    if (this.shouldSetCookie(app, session)) this.sendCookie(app, session, response, id);
  }

  /**
   * Gives a session a new name when it is saved: to be called where somebody logs in, so that a name known from before
   * is worth nothing (session fixation). Mirrors Flask-Session's `regenerate`.
   */
  regenerate(session: Session): void {
    session.modified = true;
    this.#renamed.set(session, newId());
  }
}

function lifetime({ config }: SessionApp): number {
  return Math.max(1, Math.ceil(config.PERMANENT_SESSION_LIFETIME));
}
