/** Integers that a JavaScript number cannot hold: taken for numbers they would silently become others. */

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The first integer of a JSON text that a number would round, if there is one. */
export function unsafeIntegerIn(json: string): string | undefined {
  // Most texts have no such run of digits at all.
  if (!/\d{16}/.test(json)) return undefined;
  return json.match(TOKEN)?.find((token) => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)));
}

/** The integer that a text is; undefined when it is none, or none that a number can hold. */
export function toInteger(text: string): number | undefined {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
