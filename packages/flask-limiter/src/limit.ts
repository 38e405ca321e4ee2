/** A limit as it is written at a view. Flask-Limiter's `wrappers` and `errors`. */
import { request, TooManyRequests } from '@qilin/flask';
import { parseMany, type RateLimitItem } from '@qilin/limits';

type MaybePromise<T> = T | Promise<T>;

/** `5 per minute; 100/day`, or what returns such a text for the current request; an empty one is no limit. */
export type LimitValue = string | (() => MaybePromise<string>);
/** Who is counted: a text for the current request. */
export type KeyFunction = () => MaybePromise<string>;

/** Options of one limit. */
export interface LimitOptions {
  /** Who is counted; as the limiter says unless given. */
  readonly keyFunc?: KeyFunction;
  /** Each method is counted by itself. */
  readonly perMethod?: boolean;
  /** Only these methods are limited. */
  readonly methods?: readonly string[];
  /** The 429's sentence, instead of the limit. */
  readonly errorMessage?: string | (() => string);
  /** Requests that are not limited. */
  readonly exemptWhen?: () => MaybePromise<boolean>;
  /** False: the limiter's default limits, and the blueprint's, are for this view too. */
  readonly overrideDefaults?: boolean;
  /** Only these responses are counted. */
  readonly deductWhen?: (response: Response) => boolean;
  /** Called for who is refused; a Response is sent instead of the 429's page. */
  readonly onBreach?: ((limit: RequestLimit) => Response | undefined) | undefined;
  /** How many hits a request is; 1 unless given. */
  readonly cost?: number | (() => MaybePromise<number>);
  /** Counts further apart; of shared limits, what is counted together. A text, or what returns one for an endpoint. */
  readonly scope?: string | ((endpoint: string) => string);
}

/** One limit, or those of one text, with options. */
export interface Limit {
  readonly value: LimitValue;
  readonly options: LimitOptions & { readonly keyFunc: KeyFunction };
  /** Views are counted together. */
  readonly shared: boolean;
}

/** @throws TypeError for a text that is no limit */
export function limitOf(value: LimitValue, keyFunc: KeyFunction, options: LimitOptions = {}, shared = false): Limit {
  if (typeof value === 'string') parseMany(value);
  return { value, options: { keyFunc, ...options }, shared };
}

/** Whether some of the limits stand for the default ones in the current request. */
export const standForOthers = (limits: readonly Limit[]): boolean =>
  limits.some(({ options }) => options.overrideDefaults ?? true) && limits.some(isForMethod);

export const isForMethod = ({ options: { methods } }: Limit): boolean =>
  methods?.some((method) => method.toUpperCase() === request.method) ?? true;

/** What hits are counted by besides who it was. Flask-Limiter's `scope_for`. */
export function scopeOf({ options: { scope: given, perMethod = false }, shared }: Limit): string {
  const { endpoint = '', method } = request;
  const own = typeof given === 'function' ? given(endpoint) : given;
  const parts = shared ? [own ?? endpoint] : [endpoint, ...(own ? [own] : [])];
  return [...parts, ...(perMethod ? [method] : [])].join(':');
}

/** How many hits the current request is. @throws RangeError for what is no number of hits */
export async function costOf({ options: { cost: given = 1 } }: Limit): Promise<number> {
  const cost = typeof given === 'function' ? await given() : given;
  if (Number.isSafeInteger(cost) && cost >= 0) return cost;
  throw new RangeError(`The cost of a request must be an integer of at least 0 (got ${cost}).`);
}

/** A limit as it was for the current request. */
export interface RequestLimit {
  readonly limit: RateLimitItem;
  /** What it is counted by. */
  readonly key: string;
  readonly breached: boolean;
  readonly shared: boolean;
  /** When it is as new again, in seconds since 1970. */
  readonly resetAt: number;
  readonly remaining: number;
}

/** 429: who asks was here too often. `app.errorhandler(RateLimitExceeded, …)`. Flask-Limiter's `RateLimitExceeded`. */
export class RateLimitExceeded extends TooManyRequests {
  readonly limit: RequestLimit;

  constructor(limit: RequestLimit, { errorMessage = limit.limit.text, onBreach }: LimitOptions) {
    const response = onBreach?.(limit);
    super(
      typeof errorMessage === 'function' ? errorMessage() : errorMessage,
      response === undefined ? {} : { response },
    );
    this.limit = limit;
  }
}
