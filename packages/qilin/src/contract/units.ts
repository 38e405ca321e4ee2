/** Units of time as types: seconds in settings, milliseconds in code. A value of one is not accepted as the other. */

declare const unit: unique symbol;

/** A duration in seconds, as Gunicorn's settings count it, to the millisecond. */
export type Seconds = number & { readonly [unit]?: 'seconds' };

/** A duration, or a point of a monotonic clock, in milliseconds. */
export type Milliseconds = number & { readonly [unit]?: 'milliseconds' };

/** Now, by the clock of the machine, which is the same for all of its processes. */
export const machineTime = (): Milliseconds => Number(process.hrtime.bigint() / 1_000_000n);

/** A whole number, as Node's servers and the native engine want it: 0.0015 s are 2 ms, 0.07 s are 70. */
export const toMilliseconds = (seconds: Seconds): Milliseconds => Math.round(seconds * 1000);
