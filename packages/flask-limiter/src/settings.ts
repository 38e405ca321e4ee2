/** What a limiter may be told, by its constructor and below that by the app's settings, in Flask-Limiter's names. */
import type { Flask } from '@qilin/flask';
import { MemoryStorage, type Storage, type Strategy } from '@qilin/limits';
import type { LimitOptions, LimitValue } from './limit.ts';

declare module '@qilin/flask' {
  interface ConfigValues {
    /** False: nothing is limited. Goes before what the constructor says. */
    RATELIMIT_ENABLED?: boolean;
    RATELIMIT_DEFAULT?: string;
    RATELIMIT_APPLICATION?: string;
    RATELIMIT_STRATEGY?: Strategy;
    RATELIMIT_KEY_PREFIX?: string;
    RATELIMIT_HEADERS_ENABLED?: boolean;
    RATELIMIT_SWALLOW_ERRORS?: boolean;
    RATELIMIT_IN_MEMORY_FALLBACK_ENABLED?: boolean;
  }
}

/** Options of a limiter. */
export interface LimiterOptions {
  readonly app?: Flask;
  /** For each view that has no limits of its own, each view by itself. */
  readonly defaultLimits?: readonly LimitValue[];
  readonly defaultLimitsPerMethod?: boolean;
  /** For all views together. */
  readonly applicationLimits?: readonly LimitValue[];
  /** Where hits are counted; a MemoryStorage of each worker unless given. */
  readonly storage?: Storage;
  /** `fixed-window` unless given. */
  readonly strategy?: Strategy;
  /** Says in each response how much is left. */
  readonly headersEnabled?: boolean;
  /** Begins what is counted by. */
  readonly keyPrefix?: string;
  readonly onBreach?: LimitOptions['onBreach'];
  /** Lets requests pass when the storage fails, and logs why; an error otherwise. */
  readonly swallowErrors?: boolean;
  /** Counts in memory when the storage fails. */
  readonly inMemoryFallbackEnabled?: boolean;
  readonly enabled?: boolean;
}

/** The options in full. */
export type Settings = ReturnType<typeof settle>;

const list = (text: string | undefined): readonly LimitValue[] => (text === undefined ? [] : [text]);

export function settle(given: LimiterOptions, { config, logger }: Flask) {
  const storage = given.storage ?? new MemoryStorage();
  if (given.storage === undefined) {
    logger.warning(
      'Each worker counts rate limits for itself: give the Limiter a `storage`, of Redis to count for all.',
    );
  }
  return {
    storage,
    enabled: config.RATELIMIT_ENABLED ?? given.enabled ?? true,
    defaultLimits: given.defaultLimits ?? list(config.RATELIMIT_DEFAULT),
    applicationLimits: given.applicationLimits ?? list(config.RATELIMIT_APPLICATION),
    strategy: given.strategy ?? config.RATELIMIT_STRATEGY ?? 'fixed-window',
    headersEnabled: given.headersEnabled ?? config.RATELIMIT_HEADERS_ENABLED ?? false,
    keyPrefix: given.keyPrefix ?? config.RATELIMIT_KEY_PREFIX ?? '',
    swallowErrors: given.swallowErrors ?? config.RATELIMIT_SWALLOW_ERRORS ?? false,
    inMemoryFallbackEnabled: given.inMemoryFallbackEnabled ?? config.RATELIMIT_IN_MEMORY_FALLBACK_ENABLED ?? false,
  };
}
