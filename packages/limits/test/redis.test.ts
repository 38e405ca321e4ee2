/** Hits counted in a real redis-server, reached through a socket in a temporary folder. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tool } from '../../../test/needs.ts';
import { startRedis } from '../../../test/processes/redis.ts';
import { parseMany, RedisStorage, type Strategy } from '../src/index.ts';

const redis = tool('redis-server');

describe.skipIf(redis.isMissing)(redis.named('limits in Redis'), () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis({ path: server.path });
  });
  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => client.flushall());

  const hitter = (strategy: Strategy, text: string) => {
    const [item] = parseMany(text);
    if (item === undefined) throw new Error('no item');
    return async (cost: number) => {
      const { allowed, used } = await new RedisStorage(client, { timeout: 15_000 }).hit(strategy, 'key', item, cost);
      return [allowed, used];
    };
  };

  it('of many hits at once as many have room as the limit says', async () => {
    const hit = hitter('moving-window', '10/minute');
    const all = await Promise.all(Array.from({ length: 50 }, () => hit(1)));
    expect(all.filter(([allowed]) => allowed)).toHaveLength(10);
    expect(await client.llen('key')).toBe(10);
  });

  it('a moving window moves: what left it has room again, also where Python wrote it', async () => {
    const hit = hitter('moving-window', '4/minute');
    const now = Date.now() / 1000;
    for (const age of [90, 61, 59, 1]) await client.lpush('key', String(now - age));
    expect(await hit(0)).toEqual([true, 2]);
    expect(await hit(2)).toEqual([true, 4]);
    expect(await hit(1)).toEqual([false, 4]);
    expect(await client.llen('key')).toBe(4);
  });

  it('a look and a refused cost leave a moving window as it is, a look a fixed one', async () => {
    expect(await hitter('moving-window', '2/minute')(3)).toEqual([false, 0]);
    expect(await hitter('fixed-window', '2/minute')(0)).toEqual([true, 0]);
    expect(await client.exists('key')).toBe(0);
    expect(await hitter('fixed-window', '2/minute')(3)).toEqual([false, 3]);
  });

  it('says so when Redis does not answer in time, or is gone', async () => {
    const [item] = parseMany('1/minute');
    if (item === undefined) throw new Error('no item');
    const silent = new RedisStorage({ eval: () => new Promise(() => {}) }, { timeout: 5 });
    await expect(silent.hit('fixed-window', 'key', item, 1)).rejects.toThrow('Redis did not answer within 5 ms.');
    const gone = new Redis({ path: `${server.path}.gone`, lazyConnect: true, maxRetriesPerRequest: 0 });
    gone.on('error', () => {});
    await expect(new RedisStorage(gone).hit('fixed-window', 'key', item, 1)).rejects.toThrow();
    gone.disconnect();
  });
});
