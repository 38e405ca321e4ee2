/** Counts in this process, in bounded memory: each worker for itself. `limits`'s `MemoryStorage`. */
import type { RateLimitItem } from './rate-limit-item.ts';
import type { Storage, Strategy, WindowState } from './storage.ts';

interface Entry {
  /** Hits of a fixed window. */
  used: number;
  /** Times of the hits of a moving one, the oldest first. */
  times: number[];
  expiresAt: number;
  size: number;
}

/** What an entry takes besides its key and its hits, in bytes, about. */
const OVERHEAD = 200;

export class MemoryStorage implements Storage {
  readonly #maxSize: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** About how many bytes it takes. */
  #size = 0;

  /** @param options.maxSize about how many bytes it may take, 32 MiB unless given: what was not hit for longest is forgotten first */
  constructor({ maxSize = 32 * 1024 * 1024 }: { readonly maxSize?: number } = {}) {
    this.#maxSize = maxSize;
  }

  hit(strategy: Strategy, key: string, item: RateLimitItem, cost: number): WindowState {
    const now = Date.now() / 1000;
    const entry = this.#entries.get(key) ?? { used: 0, times: [], expiresAt: now, size: 0 };
    const state = (strategy === 'moving-window' ? hitMoving : hitFixed)(entry, item, cost, now);
    this.#drop(key, entry);
    if (state.used > 0) this.#keep(key, entry, now);
    return state;
  }

  #keep(key: string, entry: Entry, now: number): void {
    entry.size = OVERHEAD + 2 * key.length + 8 * entry.times.length;
    this.#entries.set(key, entry);
    this.#size += entry.size;
    // Two at a time, so that what has ended goes sooner than it comes.
    let looked = 0;
    for (const [oldKey, old] of this.#entries) {
      looked += 1;
      const mayStay = this.#size <= this.#maxSize && (looked > 2 || old.expiresAt > now);
      if (mayStay || oldKey === key) return;
      this.#drop(oldKey, old);
    }
  }

  #drop(key: string, entry: Entry): void {
    if (this.#entries.delete(key)) this.#size -= entry.size;
  }
}

/** Who is refused is counted, too, as in Python's. */
function hitFixed(entry: Entry, { amount, seconds }: RateLimitItem, cost: number, now: number): WindowState {
  if (entry.expiresAt <= now) Object.assign(entry, { used: 0, expiresAt: cost > 0 ? now + seconds : now });
  entry.used += cost;
  return { allowed: entry.used <= amount, used: entry.used, expiresAt: entry.expiresAt };
}

function hitMoving(entry: Entry, { amount, seconds }: RateLimitItem, cost: number, now: number): WindowState {
  const inside = entry.times.findIndex((time) => time >= now - seconds);
  entry.times.splice(0, inside < 0 ? entry.times.length : inside);
  const allowed = entry.times.length + cost <= amount;
  if (allowed) for (let hit = 0; hit < cost; hit += 1) entry.times.push(now);
  entry.expiresAt = (entry.times.at(-1) ?? now) + seconds;
  return { allowed, used: entry.times.length, expiresAt: entry.expiresAt };
}
