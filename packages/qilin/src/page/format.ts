/** Numbers as the page shows them. A dash is for what nobody knows. */

const DASH = '–';
const MEBIBYTE = 2 ** 20;

export function rounded(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? DASH : value.toFixed(digits);
}

/** As many digits as tell something: `0.42`, `8.1`, `1234`. */
export function short(value: number | null | undefined): string {
  return rounded(value, value !== null && value !== undefined && value < 10 ? (value < 1 ? 2 : 1) : 0);
}

export const mebibytes = (bytes: number | null): string => rounded(bytes === null ? null : bytes / MEBIBYTE, 1);
export const milliseconds = (seconds: number | null): string => rounded(seconds === null ? null : seconds * 1000, 1);
export const orDash = (value: string | number | null): string => (value === null ? DASH : String(value));
