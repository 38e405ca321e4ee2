/** Which bytes of a file a Range header asks for: RFC 9110, section 14. Pure. */

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A client that wants more parts of one file at once is better served by the whole, or means harm (section 17.15). */
const MOST_RANGES = 16;

const ONE_RANGE = /^(\d*)-(\d*)$/;

/**
 * The ranges as asked for, those that begin behind the file's end left out: none where all do (416).
 *
 * Undefined where the header is to be ignored: another unit, a form that is none, too many, or overlapping ones which ask for more
 * bytes than the file has.
 */
export function rangesOf(value: string, size: number): readonly ByteRange[] | undefined {
  const [unit, list, ...more] = value.split('=');
  if (unit?.trim().toLowerCase() !== 'bytes' || list === undefined || more.length > 0) return undefined;
  const texts = list.split(',', MOST_RANGES + 1);
  if (texts.length > MOST_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  let bytes = 0;
  for (const text of texts) {
    const range = rangeOf(text.trim(), size);
    if (range === undefined) return undefined;
    if (range.start >= range.end) continue;
    bytes += range.end - range.start;
    ranges.push(range);
  }
  return bytes > size ? undefined : ranges;
}

/** An empty one where it lies behind the end. Undefined where it is none. */
function rangeOf(text: string, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = ONE_RANGE.exec(text) ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (last === '') return { start, end: size };
  if (Number(last) < start) return undefined;
  return { start, end: Math.min(size, Number(last) + 1) };
}
