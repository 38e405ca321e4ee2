/** Counts in Redis, for all workers and machines; in the keys and forms of Python's `limits`, which may count in the same. */
import type { RateLimitItem } from './rate-limit-item.ts';
import type { Storage, Strategy, WindowState } from './storage.ts';

/** The command used: an `ioredis` client, or one of a cluster, fits. */
export interface RedisClient {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** Each returns: hits, whether there was room, milliseconds until the window is empty. KEYS: one; ARGV: amount, seconds, cost. */
const SCRIPTS: Readonly<Record<Strategy, string>> = {
  // A number, which is gone when its window ends.
  'fixed-window': `
local cost = tonumber(ARGV[3])
local used = tonumber(redis.call('get', KEYS[1]) or 0)
if cost > 0 then used = redis.call('incrby', KEYS[1], cost) end
local left = redis.call('pttl', KEYS[1])
if left == -1 then
  redis.call('expire', KEYS[1], ARGV[2])
  left = ARGV[2] * 1000
end
return { used, used <= tonumber(ARGV[1]) and 1 or 0, math.max(left, 0) }`,
  // A list of times, the newest first. Where the window begins is found by halving: a list may be long.
  'moving-window': `
local amount, seconds, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('time')
local now = time[1] + time[2] / 1000000
local function at(index) return tonumber(redis.call('lindex', KEYS[1], index)) end
local used, outside = 0, math.min(redis.call('llen', KEYS[1]), amount)
while used < outside do
  local middle = math.floor((used + outside) / 2)
  if at(middle) >= now - seconds then used = middle + 1 else outside = middle end
end
local newest = used > 0 and at(0) or now
local allowed = used + cost <= amount
if allowed and cost > 0 then
  local stamp = string.format('%d.%06d', time[1], time[2])
  for _ = 1, cost do redis.call('lpush', KEYS[1], stamp) end
  redis.call('ltrim', KEYS[1], 0, amount - 1)
  redis.call('expire', KEYS[1], seconds)
  used, newest = used + cost, now
end
return { used, allowed and 1 or 0, math.ceil((newest + seconds - now) * 1000) }`,
};

/** `limits`'s `RedisStorage`. @example new RedisStorage(new Redis(), { timeout: 200 }) */
export class RedisStorage implements Storage {
  readonly #client: RedisClient;
  readonly #timeout: number;

  /** @param options.timeout milliseconds after which Redis is away, 1000 unless given: a client waits for it far longer */
  constructor(client: RedisClient, { timeout = 1000 }: { readonly timeout?: number } = {}) {
    this.#client = client;
    this.#timeout = timeout;
  }

  async hit(strategy: Strategy, key: string, { amount, seconds }: RateLimitItem, cost: number): Promise<WindowState> {
    const answer = await this.#inTime(this.#client.eval(SCRIPTS[strategy], 1, key, amount, seconds, cost));
    const [used, allowed, left] = Array.isArray(answer) ? answer.map(Number) : [];
    if (used === undefined || left === undefined) throw new TypeError(`Redis answered ${String(answer)} to a script.`);
    return { allowed: allowed === 1, used, expiresAt: (Date.now() + left) / 1000 };
  }

  #inTime(answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new Error(`Redis did not answer within ${this.#timeout} ms.`));
      // An answer may have come while something else kept this process busy: it is read first.
      const late = () => setImmediate(refuse);
      const timer = setTimeout(late, this.#timeout);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
