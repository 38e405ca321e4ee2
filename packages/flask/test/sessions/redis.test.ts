/** Sessions in a real redis-server, reached through a socket in a temporary folder. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tool } from '../../../../test/needs.ts';
import { startRedis } from '../../../../test/processes/redis.ts';
import { Flask } from '../../src/app/flask.ts';
import { session } from '../../src/app/proxies.ts';
import { RedisSession, RedisSessionInterface } from '../../src/sessions/redis.ts';
import { Session } from '../../src/sessions/session.ts';
import { cookieOf, newResponse, requestWith, sessionApp } from '../support/session-app.ts';

const redis = tool('redis-server');

describe.skipIf(redis.isMissing)(redis.named('sessions in Redis'), () => {
  const app = sessionApp({ SECRET_KEY: null });
  let server: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  let sessions: RedisSessionInterface;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis({ path: server.path });
    sessions = new RedisSessionInterface(client);
  });

  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  beforeEach(() => client.flushall());

  async function visit(act: (session: RedisSession) => void, cookie?: string, of = app) {
    const session = await sessions.openSession(of, requestWith(cookie));
    const response = newResponse();
    act(session);
    await sessions.saveSession(of, session, response);
    return { session, response, cookie: cookieOf(response) };
  }

  it('keeps the values in Redis, and only a name in the cookie', async () => {
    const { cookie, response } = await visit((s) =>
      s.update({ user: 1, when: new Date(0), data: Uint8Array.of(1, 2) }),
    );
    expect(cookie).toMatch(/^[\w-]{43}$/);
    expect(response.headers.get('vary')).toBe('Cookie');
    const { session } = await visit(() => undefined, cookie);
    expect(session.peek()).toEqual({ user: 1, when: new Date(0), data: Uint8Array.of(1, 2) });
    expect(session.new).toBe(false);
    expect(await client.ttl(`session:${cookie}`)).toBeGreaterThan(30 * 24 * 3600);
  });

  it('writes nothing for who does not change the session', async () => {
    const { cookie } = await visit((s) => s.get('user'));
    expect(cookie).toBeUndefined();
    expect(await client.keys('*')).toEqual([]);
  });

  it('deletes an emptied session, in Redis and in the browser', async () => {
    const { cookie } = await visit((s) => s.set('user', 1));
    const { response } = await visit((s) => s.clear(), cookie);
    expect(response.headers.getSetCookie()[0]).toMatch(/^session=; Expires=Thu, 01 Jan 1970/);
    expect(await client.keys('*')).toEqual([]);
  });

  it('never takes a name that the client chose', async () => {
    const chosen = 'A'.repeat(43);
    for (const cookie of [chosen, '../x', '*', '', 'x'.repeat(100_000)]) {
      const made = await visit((s) => s.set('user', 1), cookie);
      expect(made.session.new).toBe(true);
      expect(made.cookie).not.toBe(cookie);
    }
    expect(await client.exists(`session:${chosen}`)).toBe(0);
  });

  it('gives a session a new name where somebody logs in', async () => {
    const before = await visit((s) => s.set('cart', 1));
    const after = await visit((s) => {
      sessions.regenerate(s);
      s.set('user', 1);
    }, before.cookie);
    expect(after.cookie).not.toBe(before.cookie);
    expect((await visit(() => undefined, before.cookie)).session.peek()).toEqual({});
    expect((await visit(() => undefined, after.cookie)).session.peek()).toEqual({ cart: 1, user: 1 });
  });

  it('lives on while it is used, when the config says so', async () => {
    const { cookie } = await visit((s) => s.set('user', 1));
    const key = `session:${cookie}`;
    await client.expire(key, 100);
    await visit(() => undefined, cookie, sessionApp({ SESSION_REFRESH_EACH_REQUEST: false }));
    expect(await client.ttl(key)).toBeLessThanOrEqual(100);
    await visit(() => undefined, cookie);
    expect(await client.ttl(key)).toBeGreaterThan(100);
  });

  it('takes what it cannot read for no session', async () => {
    const { cookie } = await visit((s) => s.set('user', 1));
    for (const garbage of ['{', 'null', '{"a":{" u":1}}']) {
      await client.set(`session:${cookie}`, garbage);
      expect((await visit(() => undefined, cookie)).session.peek()).toEqual({});
    }
  });

  it('serves an app, whose views see no difference', async () => {
    const flask = new Flask(import.meta, { staticFolder: null });
    flask.sessionInterface = sessions;
    flask.get('/count', () => {
      const count = Number(session.get('count', 0)) + 1;
      session.set('count', count);
      return `${count}`;
    });
    flask.get('/idle', () => 'no session here');
    const browser = flask.testClient();
    const counts = [await browser.get('/count'), await browser.get('/count'), await browser.get('/idle')];
    expect(counts.map((response) => response.text)).toEqual(['1', '2', 'no session here']);
    expect(await client.keys('session:*')).toHaveLength(1);
  });

  it('can prefix its keys, and refuses a session of another interface', async () => {
    const other = new RedisSessionInterface(client, { keyPrefix: 'app:' });
    const session = await other.openSession(app, requestWith());
    await other.saveSession(app, session.set('a', 1), newResponse()).catch(() => undefined);
    expect(await client.keys('app:*')).toHaveLength(1);
    await expect(other.saveSession(app, new Session(), newResponse())).rejects.toThrow('where it was opened');
    expect(session).toBeInstanceOf(RedisSession);
  });
});
