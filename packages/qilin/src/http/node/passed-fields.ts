/** The header fields that `writeHead()` is given: an object, a list of names and values in turn, or a list of pairs. */
type Value = string | number | readonly string[];

export class PassedFields {
  /** Name in lower case → name as given, and value. */
  readonly #fields = new Map<string, readonly [string, Value]>();

  constructor(given: unknown) {
    for (const [name, value] of pairsOf(given)) {
      const key = name.toLowerCase();
      const before = this.#fields.get(key)?.[1];
      this.#fields.set(key, [name, before === undefined ? value : [before, value].flat().map(String)]);
    }
  }

  /** @param name in lower case */
  get(name: string): string | undefined {
    const value = this.#fields.get(name)?.[1];
    return typeof value === 'object' ? value.join(', ') : value?.toString();
  }

  all(): Iterable<readonly [string, Value]> {
    return this.#fields.values();
  }
}

function pairsOf(given: unknown): (readonly [string, Value])[] {
  if (typeof given !== 'object' || given === null) return [];
  if (!Array.isArray(given)) return Object.entries(given);
  if (Array.isArray(given[0])) return given;
  return given.flatMap((name, index) => (index % 2 === 0 ? [[name, given[index + 1]] as const] : []));
}
