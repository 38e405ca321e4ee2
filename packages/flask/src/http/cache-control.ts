/** `Cache-Control`: RFC 9111 section 5.2. */
import { dumpDictHeader, parseDictHeader } from './header-values.ts';

/** Directives by name; `true` for one without a value. */
type Directives = Map<string, string | number | true>;

/**
 * A `Cache-Control` header of a request or a response. Mirrors Werkzeug's `RequestCacheControl` and
 * `ResponseCacheControl`; the directives keep the names of RFC 9111.
 */
export class CacheControl {
  readonly #directives: Directives;

  constructor(directives: Iterable<readonly [string, string | number | true]> = []) {
    this.#directives = new Map(directives);
  }

  /** Whether a directive is there, with or without a value. */
  has(name: string): boolean {
    return this.#directives.has(name);
  }

  /** The value of a directive, `true` for one without a value. */
  get(name: string): string | number | true | undefined {
    return this.#directives.get(name);
  }

  /** Seconds given by a directive such as `max-age`; `undefined` when it is missing or no number. */
  seconds(name: string): number | undefined {
    const value = this.#directives.get(name);
    return /^\d+$/.test(String(value)) ? Number(value) : undefined;
  }

  /** Sets a directive: `true` writes it alone, `false` and `undefined` remove it. */
  set(name: string, value: string | number | boolean | undefined): this {
    if (value === undefined || value === false) this.#directives.delete(name);
    else this.#directives.set(name, value);
    return this;
  }

  toString(): string {
    return dumpDictHeader([...this.#directives].map(([name, value]) => [name, value === true ? undefined : value]));
  }
}

/** Reads a `Cache-Control` header. Mirrors Werkzeug's `parse_cache_control_header`. */
export function parseCacheControl(value: string | null | undefined): CacheControl {
  return new CacheControl(
    [...parseDictHeader(value ?? '')].map(([name, directive]) => [name.toLowerCase(), directive ?? true]),
  );
}
