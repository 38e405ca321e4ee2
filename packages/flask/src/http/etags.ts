/** Entity tags: RFC 9110 section 8.8.3. */

/** One entity tag without its quotes. */
export interface EntityTag {
  readonly tag: string;
  readonly weak: boolean;
}

/**
 * Quotes an entity tag for the `ETag` header. Mirrors Werkzeug's `quote_etag`.
 *
 * @throws {TypeError} when the tag has a quote or a control character in it
 */
export function quoteEtag(tag: string, weak = false): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a header
  if (/["\x00-\x1f\x7f]/.test(tag)) {
    throw new TypeError(`An ETag may not contain quotes or control characters (got ${JSON.stringify(tag)}).`);
  }
  return weak ? `W/"${tag}"` : `"${tag}"`;
}

/** Takes the quotes and the weakness mark off one entity tag. Mirrors Werkzeug's `unquote_etag`. */
export function unquoteEtag(value: string | null | undefined): EntityTag | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const text = value.trim();
  const weak = /^w\//i.test(text);
  const tag = weak ? text.slice(2) : text;
  const quoted = tag.length >= 2 && tag.startsWith('"') && tag.endsWith('"');
  return { tag: quoted ? tag.slice(1, -1) : tag, weak };
}

/** The entity tags of an `If-Match` or `If-None-Match` header. Mirrors Werkzeug's `ETags`. */
export class ETags implements Iterable<string> {
  readonly #strong: ReadonlySet<string>;
  readonly #weak: ReadonlySet<string>;
  /** Whether the header was `*`, which stands for every tag. */
  readonly star: boolean;

  constructor(strong: Iterable<string> = [], weak: Iterable<string> = [], star = false) {
    this.#strong = new Set(star ? [] : strong);
    this.#weak = new Set(weak);
    this.star = star;
  }

  /** Whether the header was missing or empty. */
  get empty(): boolean {
    return !this.star && this.#strong.size === 0 && this.#weak.size === 0;
  }

  isStrong(tag: string): boolean {
    return this.#strong.has(tag);
  }

  isWeak(tag: string): boolean {
    return this.#weak.has(tag);
  }

  /** Strong comparison, RFC 9110 section 8.8.3.2: weak tags never match; `*` always does. */
  contains(tag: string): boolean {
    return this.star || this.#strong.has(tag);
  }

  /** Weak comparison: a tag matches whether it is weak or strong. */
  containsWeak(tag: string): boolean {
    return this.contains(tag) || this.#weak.has(tag);
  }

  /** Compares a tag as it stands in an `ETag` header, with its quotes and its mark of weakness. */
  containsRaw(value: string): boolean {
    const etag = unquoteEtag(value);
    if (etag === undefined) return false;
    return etag.weak ? this.containsWeak(etag.tag) : this.contains(etag.tag);
  }

  /** The strong tags. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.#strong.values();
  }

  toString(): string {
    if (this.star) return '*';
    return [...[...this.#strong].map((tag) => `"${tag}"`), ...[...this.#weak].map((tag) => `W/"${tag}"`)].join(', ');
  }
}

/** Reads an `If-Match` or `If-None-Match` header, unquoted tags included. Mirrors Werkzeug's `parse_etags`. */
export function parseEtags(value: string | null | undefined): ETags {
  const strong: string[] = [];
  const weak: string[] = [];
  const text = (value ?? '').trim();
  let position = 0;
  while (position < text.length) {
    const isWeak = /^w\//i.test(text.slice(position, position + 2));
    const { tag, quoted, end } = readTag(text, isWeak ? position + 2 : position);
    if (tag === '*' && !quoted) return new ETags([], [], true);
    if (quoted || tag !== '') (isWeak ? weak : strong).push(tag);
    position = end;
  }
  return new ETags(strong, weak);
}

const AFTER_TAG = /\s*(?:,\s*|$)/y;

/** Reads one tag; a quote closes it only before a comma or the end, because browsers sent tags with quotes inside. */
function readTag(text: string, start: number): { tag: string; quoted: boolean; end: number } {
  if (text[start] === '"') {
    for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
      AFTER_TAG.lastIndex = quote + 1;
      if (AFTER_TAG.test(text)) return { tag: text.slice(start + 1, quote), quoted: true, end: AFTER_TAG.lastIndex };
    }
  }
  const comma = text.indexOf(',', start);
  const stop = comma < 0 ? text.length : comma;
  let end = Math.min(stop + 1, text.length);
  while (text[end] === ' ' || text[end] === '\t') end++;
  return { tag: text.slice(start, stop).trim(), quoted: false, end };
}
