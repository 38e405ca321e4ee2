/** Units of time as types: seconds in settings, milliseconds in code. A value of one is not accepted as the other. */

declare const unit: unique symbol;

/** A duration in seconds, as Gunicorn's settings count it. Fractions are allowed. */
export type Seconds = number & { readonly [unit]?: 'seconds' };

/** A duration, or a point of a monotonic clock, in milliseconds. */
export type Milliseconds = number & { readonly [unit]?: 'milliseconds' };

export const toMilliseconds = (seconds: Seconds): Milliseconds => (seconds as number) * 1000;
