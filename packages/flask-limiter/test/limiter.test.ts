/** What a limiter does beside what was recorded of Python's: errors with their cure, bounds, a storage that is away. */
import { Flask } from '@qilin/flask';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getRemoteAddress, Limiter, MemoryStorage, RateLimitExceeded, type Storage } from '../src/index.ts';
import { createApp } from './app.ts';

afterEach(() => vi.useRealTimers());

describe('a limit', () => {
  it('is refused where it is written', () => {
    expect(() => new Limiter(getRemoteAddress).limit('often')).toThrow(TypeError);
  });
});

describe('a limiter', () => {
  const limited = (options: ConstructorParameters<typeof Limiter>[1]) => {
    const app = new Flask(import.meta, { staticFolder: null });
    const limiter = new Limiter(getRemoteAddress, { storage: new MemoryStorage(), ...options });
    app.get('/', () => 'ok');
    return { app, limiter, client: app.testClient() };
  };

  it('takes its limits from the settings, and counts by address', async () => {
    const { app, limiter, client } = limited({});
    app.config.RATELIMIT_DEFAULT = '1/minute';
    limiter.initApp(app);
    expect((await client.get('/')).status).toBe(200);
    expect((await client.get('/')).status).toBe(429);
    expect((await client.get('/')).headers.get('x-ratelimit-limit')).toBeNull();
  });

  it('is off by RATELIMIT_ENABLED, its views too', async () => {
    const { app, limiter, client } = limited({ defaultLimits: ['0/minute'] });
    app.get(
      '/own',
      limiter.limit('0/minute')(() => 'own'),
    );
    app.config.RATELIMIT_ENABLED = false;
    limiter.initApp(app);
    expect([(await client.get('/')).text, (await client.get('/own')).text]).toEqual(['ok', 'own']);
  });

  it('has its 429 answered by onBreach, or by an error handler', async () => {
    const { app, limiter, client } = limited({ defaultLimits: ['0/minute'] });
    limiter.initApp(app);
    const onBreach = () => new Response('own page', { status: 420 });
    app.get(
      '/page',
      limiter.limit('0/hour', { onBreach })(() => 'never'),
    );
    app.errorhandler(RateLimitExceeded, (error) => error.response ?? [`over ${error.limit.limit.text}`, 429]);
    expect((await client.get('/')).text).toBe('over 0 per 1 minute');
    const { status, text } = await client.get('/page');
    expect([status, text]).toEqual([420, 'own page']);
  });

  it('counts a function that a view calls by its own limits', async () => {
    const { app, limiter, client } = limited({ defaultLimits: ['5/minute'] });
    limiter.initApp(app);
    const send = limiter.limit('1/minute')(() => 'sent');
    app.get('/send', () => send({}));
    expect([(await client.get('/send')).text, (await client.get('/send')).status]).toEqual(['sent', 429]);
  });

  it('is an error where it cannot know whom or how much it counts', async () => {
    const { app, limiter, client } = limited({});
    app.config.TESTING = true;
    limiter.initApp(app);
    app.get(
      '/whom',
      limiter.limit('1/minute', { keyFunc: () => '' })(() => 'never'),
    );
    app.get(
      '/much',
      limiter.limit('1/minute', { cost: -1 })(() => 'never'),
    );
    await expect(client.get('/whom')).rejects.toThrow('its keyFunc returned an empty text');
    await expect(client.get('/much')).rejects.toThrow('an integer of at least 0 (got -1)');
  });

  it('lets requests pass that a filter frees', async () => {
    const { app, limiter, client } = limited({ applicationLimits: ['0/minute'] });
    limiter.initApp(app);
    let isFree = true;
    limiter.requestFilter(() => isFree);
    expect((await client.get('/')).status).toBe(200);
    isFree = false;
    expect((await client.get('/')).status).toBe(429);
  });
});

describe('a storage that is away', () => {
  /** Counts how often it was asked. */
  const broken = () => {
    const storage = { asked: 0, isAway: true, memory: new MemoryStorage() };
    const hit: Storage['hit'] = (...given) => {
      storage.asked += 1;
      if (storage.isAway) throw new Error('away');
      return storage.memory.hit(...given);
    };
    return Object.assign(storage, { hit });
  };

  it('is an error, unless it is swallowed', async () => {
    const { app, client } = createApp({ storage: broken() });
    app.logger.sink = () => {};
    expect((await client.get('/own?key=1')).status).toBe(500);
    const lines: string[] = [];
    const swallowing = createApp({ storage: broken(), swallowErrors: true });
    swallowing.app.logger.sink = (line) => lines.push(line);
    const { status, headers } = await swallowing.client.get('/own?key=1');
    expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, null]);
    expect(lines[0]).toMatch(/Nobody counts rate limits for now\.\nStorageError: .* failed: Error: away/);
  });

  it('is stood in for by memory, tried again later, and then counts', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const storage = broken();
    const { app, client } = createApp({ storage, inMemoryFallbackEnabled: true, applicationLimits: [] });
    app.logger.sink = () => {};
    const ask = async () => (await client.get('/own?key=1')).status;
    expect([await ask(), await ask(), await ask(), storage.asked]).toEqual([200, 200, 429, 1]);
    vi.setSystemTime(1000);
    expect([await ask(), storage.asked]).toEqual([429, 2]);
    storage.isAway = false;
    vi.setSystemTime(2999);
    expect([await ask(), storage.asked]).toEqual([429, 2]);
    vi.setSystemTime(3000);
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  });
});
