/** Content negotiation: the `Accept` headers of RFC 9110 section 12.5. */

import { dumpOptionsHeader, parseListHeader, parseOptionsHeader } from './header-values.ts';

/** A value that the client takes and how much it likes it, from 0 (not at all) to 1. */
export type Preference = readonly [value: string, quality: number];

/** Sort key of a value: the more of it is spelt out, the more specific. Compared item by item. */
type Specificity = readonly boolean[];

/**
 * An `Accept-Encoding`-like header, best value first. Mirrors Werkzeug's `Accept`. Subclasses say what it means for a
 * value to match.
 */
export class Accept implements Iterable<Preference> {
  readonly #preferences: readonly Preference[];
  /** Whether the client sent the header at all. */
  readonly provided: boolean;

  /** @param preferences in the header's order; `undefined` when there is no header */
  constructor(preferences?: Iterable<Preference>) {
    this.provided = preferences !== undefined;
    this.#preferences = [...(preferences ?? [])].sort(
      (a, b) => compare(this.specificity(b[0]), this.specificity(a[0])) || b[1] - a[1],
    );
  }

  protected specificity(value: string): Specificity {
    return [value !== '*'];
  }

  /** Whether what the client sent (`wanted`) stands for what the server has (`offered`). */
  protected matches(offered: string, wanted: string): boolean {
    return wanted === '*' || wanted.toLowerCase() === offered.toLowerCase();
  }

  /** How much the client likes a value: 0 when it does not take it. */
  quality(offered: string): number {
    return this.#find(offered)?.[1] ?? 0;
  }

  /** Whether the client's header names the value, even with quality 0; Python's `in`. */
  has(offered: string): boolean {
    return this.#find(offered) !== undefined;
  }

  #find(offered: string): Preference | undefined {
    return this.#preferences.find(([wanted]) => this.matches(offered, wanted));
  }

  /** The client's best value, whether or not the server has it. */
  get best(): string | undefined {
    return this.#preferences[0]?.[0];
  }

  /**
   * The best of what the server has. Mirrors Werkzeug's `best_match`.
   *
   * @param offers in the server's order of preference, which decides between values that the client likes as much
   * @param fallback returned when the client takes none
   */
  bestMatch<O extends string>(offers: readonly O[]): O | undefined;
  bestMatch<O extends string, D>(offers: readonly O[], fallback: D): O | D;
  bestMatch(offers: readonly string[], fallback?: unknown): unknown {
    let best: { readonly offer: string; readonly quality: number; readonly specificity: Specificity } | undefined;
    for (const offer of offers) {
      const found = this.#find(offer);
      if (found === undefined || found[1] <= 0) continue;
      const [wanted, quality] = found;
      const specificity = this.specificity(wanted);
      if (
        best === undefined ||
        quality > best.quality ||
        (quality === best.quality && compare(specificity, best.specificity) > 0)
      ) {
        best = { offer, quality, specificity };
      }
    }
    return best === undefined ? fallback : best.offer;
  }

  /** The values, best first. */
  *values(): IterableIterator<string> {
    for (const [value] of this.#preferences) yield value;
  }

  [Symbol.iterator](): IterableIterator<Preference> {
    return this.#preferences.values();
  }

  toString(): string {
    return this.#preferences.map(([value, quality]) => (quality === 1 ? value : `${value};q=${quality}`)).join(',');
  }
}

/** As Python compares tuples: the first difference decides, then the length. */
function compare(a: Specificity, b: Specificity): number {
  for (const [index, value] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (value !== other) return value ? 1 : -1;
  }
  return a.length - b.length;
}

interface MimeParts {
  readonly type: string;
  readonly subtype: string;
  /** Sorted, so that their order does not matter. */
  readonly params: string;
}

function splitMime(value: string): MimeParts | undefined {
  const [essence = '', ...params] = value
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const slash = essence.indexOf('/');
  if (slash < 0) return undefined;
  return { type: essence.slice(0, slash), subtype: essence.slice(slash + 1), params: params.sort().join(';') };
}

/** An `Accept` header. Mirrors Werkzeug's `MIMEAccept`: wildcards, and parameters that must be equal. */
export class MimeAccept extends Accept {
  protected override specificity(value: string): Specificity {
    return value.split(/[/;]/).map((part) => part.trim() !== '*');
  }

  /** @throws {TypeError} when the server's own value is no MIME type */
  protected override matches(offered: string, wanted: string): boolean {
    const want = splitMime(wanted);
    if (want === undefined) return false;
    const offer = splitMime(offered);
    if (offer === undefined || (offer.type === '*' && offer.subtype !== '*')) {
      throw new TypeError(`A MIME type must read "type/subtype" (got ${JSON.stringify(offered)}).`);
    }
    if (want.type === '*') return want.subtype === '*';
    if (offer.type === '*') return true;
    if (want.type !== offer.type) return false;
    if (want.subtype === '*' || offer.subtype === '*') return true;
    return want.subtype === offer.subtype && want.params === offer.params;
  }

  /** Whether HTML, in whatever form, is welcome. */
  get acceptHtml(): boolean {
    return this.has('text/html') || this.acceptXhtml;
  }

  get acceptXhtml(): boolean {
    return this.has('application/xhtml+xml') || this.has('application/xml');
  }

  get acceptJson(): boolean {
    return this.has('application/json');
  }
}

const primaryTag = (language: string): string => language.split(/[-_]/, 1)[0] ?? '';

/** An `Accept-Language` header. Mirrors Werkzeug's `LanguageAccept`: `en` stands in for `en-US` and the other way. */
export class LanguageAccept extends Accept {
  protected override matches(offered: string, wanted: string): boolean {
    return wanted === '*' || normalizeLanguage(offered) === normalizeLanguage(wanted);
  }

  /** First exact matches; then what the client wants, shortened; then what the server has, shortened. */
  override bestMatch<O extends string>(offers: readonly O[]): O | undefined;
  override bestMatch<O extends string, D>(offers: readonly O[], fallback: D): O | D;
  override bestMatch(offers: readonly string[], fallback?: unknown): unknown {
    const exact = super.bestMatch(offers);
    if (exact !== undefined) return exact;
    const shortened = new Accept([...this].map(([value, quality]) => [primaryTag(value), quality]));
    const general = shortened.bestMatch(offers);
    if (general !== undefined) return general;
    const primary = super.bestMatch(offers.map(primaryTag));
    if (primary === undefined) return fallback;
    return offers.find((offer) => offer.startsWith(primary)) ?? fallback;
  }
}

const normalizeLanguage = (language: string): string => language.toLowerCase().replaceAll('_', '-');

/** An `Accept-Charset` header. Mirrors Werkzeug's `CharsetAccept`: aliases of one charset are equal. */
export class CharsetAccept extends Accept {
  protected override matches(offered: string, wanted: string): boolean {
    return wanted === '*' || normalizeCharset(offered) === normalizeCharset(wanted);
  }
}

function normalizeCharset(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return label.toLowerCase();
  }
}

const QUALITY = /^\d+(?:\.\d+)?$/;

/**
 * Reads the values and qualities of an `Accept` header; a missing quality is 1, an item with one that is none from 0 to 1 is left
 * out. Mirrors Werkzeug's `parse_accept_header`.
 *
 * @returns `undefined` without a header: what the constructors of {@link Accept} and its subclasses take
 * @example new LanguageAccept(parseAccept(headers.get('accept-language')))
 */
export function parseAccept(header: string | null | undefined): Preference[] | undefined {
  if (header === null || header === undefined || header === '') return undefined;
  return parseListHeader(header).flatMap((item): Preference[] => {
    if (!item.includes(';')) return [[item, 1]];
    const { value, options } = parseOptionsHeader(item);
    const { q = '1', ...others } = Object.fromEntries(options);
    if (!QUALITY.test(q.trim()) || Number(q) > 1) return [];
    return [[dumpOptionsHeader(value, Object.entries(others)), Number(q)]];
  });
}
