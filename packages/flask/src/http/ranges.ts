/** Range requests: RFC 9110 section 14. */
import { httpDate, parseDate } from './dates.ts';
import { quoteEtag, unquoteEtag } from './etags.ts';

/** First byte and the byte after the last; a negative start counts from the end, an end of `undefined` is the end. */
export type RangePair = readonly [start: number, end: number | undefined];

/** Whether a range of bytes lies within a body of `length` bytes. Mirrors Werkzeug's `is_byte_range_valid`. */
export function isByteRangeValid(start: number, stop: number, length: number | undefined): boolean {
  if (start >= stop || start < 0) return false;
  return length === undefined || start < length;
}

/** A `Range` header. Mirrors Werkzeug's `Range`. */
export class Range {
  readonly units: string;
  readonly ranges: readonly RangePair[];

  constructor(units: string, ranges: readonly RangePair[]) {
    this.units = units;
    this.ranges = ranges;
  }

  /**
   * The bytes meant, for a body of `length` bytes: `[start, end)`.
   *
   * @returns `undefined` when they cannot be served: other units, several ranges, or nothing within the body
   */
  rangeForLength(length: number): readonly [start: number, end: number] | undefined {
    const [first, ...others] = this.ranges;
    if (this.units !== 'bytes' || first === undefined || others.length > 0) return undefined;
    const [start, end = length] = first;
    // A suffix longer than the body stays negative, and is therefore not served: as Werkzeug.
    const from = first[1] === undefined && start < 0 ? start + length : start;
    return isByteRangeValid(from, end, length) ? [from, Math.min(end, length)] : undefined;
  }

  /** The `Content-Range` of an answer with this range, `bytes 0-9/100`. */
  toContentRange(length: number): string | undefined {
    const range = this.rangeForLength(length);
    return range && `${this.units} ${range[0]}-${range[1] - 1}/${length}`;
  }

  toString(): string {
    const ranges = this.ranges.map(([start, end]) => {
      if (end !== undefined) return `${start}-${end - 1}`;
      return start < 0 ? String(start) : `${start}-`;
    });
    return `${this.units}=${ranges.join(',')}`;
  }
}

/**
 * Reads a `Range` header. Mirrors Werkzeug's `parse_range_header`.
 *
 * @returns `undefined` when it is missing or malformed, when ranges overlap or do not rise
 */
export function parseRange(value: string | null | undefined): Range | undefined {
  const equals = value?.indexOf('=') ?? -1;
  if (value === null || value === undefined || equals < 0) return undefined;
  const ranges: RangePair[] = [];
  let lastEnd: number | undefined = 0;
  for (const item of value.slice(equals + 1).split(',')) {
    const match = /^(\d*)\s*-\s*(\d*)$/.exec(item.trim());
    // After a range that is open to the end nothing may follow.
    if (match === null || lastEnd === undefined) return undefined;
    const [, first = '', last = ''] = match;
    if (first === '') {
      if (last === '') return undefined;
      ranges.push([0 - Number(last), undefined]);
      lastEnd = undefined;
      continue;
    }
    const start = Number(first);
    const end: number | undefined = last === '' ? undefined : Number(last) + 1;
    if (start < lastEnd || (end !== undefined && start >= end)) return undefined;
    ranges.push([start, end]);
    lastEnd = end;
  }
  return new Range(value.slice(0, equals).trim().toLowerCase(), ranges);
}

/** An `If-Range` header: a date, an entity tag, or nothing. Mirrors Werkzeug's `IfRange`. */
export type IfRange =
  | { readonly kind: 'date'; readonly date: Date }
  | { readonly kind: 'etag'; readonly tag: string }
  | { readonly kind: 'none' };

/** Reads an `If-Range` header; the weakness of a tag is dropped, as by Werkzeug's `parse_if_range_header`. */
export function parseIfRange(value: string | null | undefined): IfRange {
  const date = parseDate(value);
  if (date !== undefined) return { kind: 'date', date };
  const etag = unquoteEtag(value);
  return etag === undefined ? { kind: 'none' } : { kind: 'etag', tag: etag.tag };
}

/** Writes an `If-Range` header; the reverse of {@link parseIfRange}. */
export function dumpIfRange(ifRange: IfRange): string {
  switch (ifRange.kind) {
    case 'date':
      return httpDate(ifRange.date);
    case 'etag':
      return quoteEtag(ifRange.tag);
    case 'none':
      return '';
  }
}
