/** Requests to several workers counted in a real redis-server, reached through a socket in a temporary folder. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tool } from '../../../test/needs.ts';
import { startRedis } from '../../../test/processes/redis.ts';
import { RedisStorage } from '../src/index.ts';
import { createApp } from './app.ts';

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

  it.each(['fixed-window', 'moving-window'] as const)('two workers count in one %s', async (strategy) => {
    const storage = () => new RedisStorage(client, { timeout: 15_000 });
    const [one, other] = [1, 2].map(() => createApp({ strategy, storage: storage() }).client);
    const ask = async (worker: typeof one) => {
      const { status, headers } = (await worker?.get('/own?key=1')) ?? {};
      return [status, headers?.get('x-ratelimit-remaining')];
    };
    expect([await ask(one), await ask(other), await ask(one)]).toEqual([
      [200, '1'],
      [200, '0'],
      [429, '0'],
    ]);
    const key = 'LIMITER/1/own/2/1/minute';
    expect([await client.type(key), await client.ttl(key)]).toEqual([
      strategy === 'fixed-window' ? 'string' : 'list',
      expect.toSatisfy((seconds: number) => seconds > 50 && seconds <= 60),
    ]);
  });
});
