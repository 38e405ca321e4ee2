/** Counts a request against its limits, and remembers for its response what was left. */
import { currentApp, currentObject, type FlaskRequest, request } from '@qilin/flask';
import { parseMany, type RateLimitItem } from '@qilin/limits';
import { costOf, isForMethod, type Limit, RateLimitExceeded, type RequestLimit, scopeOf } from './limit.ts';
import type { Settings } from './settings.ts';
import { Store } from './store.ts';

/** One limit of a request, with whom it counts. */
interface Hit {
  readonly limit: Limit;
  readonly item: RateLimitItem;
  readonly key: string;
}

/** What is known of a request. */
interface Round {
  current: RequestLimit | undefined;
  /** Counted when the response is known. */
  readonly later: Hit[];
}

export class Rounds {
  readonly #keyPrefix: string;
  readonly #store: Store;
  readonly #rounds = new WeakMap<FlaskRequest, Round>();

  constructor(settings: Settings) {
    this.#keyPrefix = settings.keyPrefix;
    this.#store = new Store(settings);
  }

  /** What the headers say of the current request. */
  get current(): RequestLimit | undefined {
    return this.#rounds.get(currentObject(request))?.current;
  }

  /** Counts the current request, by limits of shorter units first. @throws RateLimitExceeded for the first that has no room */
  async check(limits: readonly Limit[]): Promise<void> {
    if (limits.length === 0) return;
    const round: Round = this.#rounds.get(currentObject(request)) ?? { current: undefined, later: [] };
    this.#rounds.set(currentObject(request), round);
    const done: RequestLimit[] = [];
    for (const hit of await this.#hitsOf(limits)) {
      const isLater = hit.limit.options.deductWhen !== undefined;
      if (isLater) round.later.push(hit);
      const seen = await this.#hit(hit, isLater ? undefined : await costOf(hit.limit));
      if (seen !== undefined) done.push(seen);
      if (!seen?.breached) continue;
      round.current = seen;
      currentApp.logger.info(`ratelimit ${seen.limit.text} (${seen.key}) exceeded`);
      throw new RateLimitExceeded(seen, hit.limit.options);
    }
    round.current = done.find(({ shared }) => !shared) ?? done[0];
  }

  /** Counts what is counted by the response. */
  async deduct(response: Response): Promise<void> {
    const round = this.#rounds.get(currentObject(request));
    for (const hit of round?.later.splice(0) ?? []) {
      if (!hit.limit.options.deductWhen?.(response)) continue;
      const seen = await this.#hit(hit, await costOf(hit.limit));
      if (round?.current?.key === hit.key) round.current = seen;
    }
  }

  /** What of the limits is for the current request. */
  async #hitsOf(limits: readonly Limit[]): Promise<readonly Hit[]> {
    const hits: Hit[] = [];
    for (const limit of limits.filter(isForMethod)) {
      const { value, options } = limit;
      if (await options.exemptWhen?.()) continue;
      const whom = await options.keyFunc();
      if (whom === '')
        throw new TypeError('A rate limit must know whom it counts: its keyFunc returned an empty text.');
      const prefix = this.#keyPrefix === '' ? 'LIMITER' : `LIMITER/${this.#keyPrefix}`;
      const text = typeof value === 'string' ? value : await value();
      for (const item of text === '' ? [] : parseMany(text)) {
        hits.push({ limit, item, key: `${prefix}/${whom}/${scopeOf(limit)}/${item.key}` });
      }
    }
    return hits.toSorted((a, b) => a.item.unit - b.item.unit);
  }

  /** @param cost undefined: it is only looked whether there is room */
  async #hit({ limit, item, key }: Hit, cost: number | undefined): Promise<RequestLimit | undefined> {
    const state = await this.#store.hit(key, item, cost ?? 0);
    if (state === undefined) return undefined;
    const { allowed, used, expiresAt } = state;
    const breached = cost === undefined ? used >= item.amount : !allowed;
    const [remaining, resetAt] = [Math.max(0, item.amount - used), Math.floor(expiresAt) + 1];
    return { limit: item, key, shared: limit.shared, breached, remaining, resetAt };
  }
}
