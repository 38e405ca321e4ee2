/** Integers that a JavaScript number cannot hold: taken for numbers they would silently become others. */

/** A string that nothing closes is one to the end: else each quote in it would be tried as the beginning of another. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The first integer of a JSON text that a number would round, if there is one. */
export function unsafeIntegerIn(json: string): string | undefined {
  // Most texts have no such run of digits at all.
  if (!/\d{16}/.test(json)) return undefined;
  return json.match(TOKEN)?.find(isUnsafe);
}

/** Bigints travel through JSON as strings with this unguessable mark, where Node 20 has nothing better for them. */
let lazyMark: string | undefined;

/** Made at first use: Workers give no random values to a module that is being loaded. */
function markOf(): string {
  lazyMark ??= crypto.randomUUID();
  return lazyMark;
}

/** What stands where a value may, and no name of a member: `{12345678901234567890: 1}` stays what it is, no JSON. */
const VALUE = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\s*:)/g;

/**
 * Reads JSON as `JSON.parse`, but for integers that a number would round: they become bigints.
 * @throws SyntaxError for what is no JSON
 */
export function parseWithBigints(json: string): unknown {
  if (unsafeIntegerIn(json) === undefined) return JSON.parse(json);
  const mark = markOf();
  const marked = json.replace(VALUE, (token) => (isUnsafe(token) ? `"${mark}${token}"` : token));
  try {
    return JSON.parse(marked, (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
    );
  } catch (error) {
    // Its message shows a piece of the text: of the one that was given, not of the one with the mark in it.
    JSON.parse(json);
    throw error;
  }
}

/** `JSON.stringify` may be given this for a number that it would not write, as 2^70 or 1.0; `unmarkNumbers` puts that in its place. */
export const markNumber = (digits: string): string => `${markOf()}${digits}`;

/** The text of `JSON.stringify` with the numbers in place of what stood for them. */
export const unmarkNumbers = (json: string): string =>
  lazyMark === undefined ? json : json.replaceAll(new RegExp(`"${lazyMark}([-+.\\de]+)"`, 'g'), '$1');

const isUnsafe = (token: string): boolean => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));

/** The integer that a text is; undefined when it is none, or none that a number can hold. */
export function toInteger(text: string): number | undefined {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
