/** Checks of arguments: a wrong one is a fault of the calling code, told with its value. */

/** @throws {RangeError} unless `value` is an integer from `min` to `max`. */
export function requireInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${name} must be an integer between ${min} and ${max} (got ${String(value)}).`);
}

/** The largest value of a C `int`: the kernel's own type for descriptors and for a backlog. */
export const INT_MAX = 2 ** 31 - 1;
