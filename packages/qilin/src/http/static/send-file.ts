/** Answers a GET or HEAD by one form of a file: whole, in part, or by its state alone. RFC 9110, sections 13 to 15. */
import type { FetchExchange } from '@qilin/picoev';
import { isSameFile, weigh } from './conditions.ts';
import { type ByteRange, rangesOf } from './ranges.ts';
import { line, type Representation } from './representation.ts';
import { type Part, sendParts } from './send-pieces.ts';

type OnError = (error: unknown) => void;

const PLAIN = line('Content-Type', 'text/plain');

export function sendFile(exchange: FetchExchange, form: Representation, onError: OnError): void {
  const verdict = weigh((name) => exchange.header(name), form);
  if (verdict === 'unchanged') exchange.respond(304, form.unsentLines, null);
  else if (verdict === 'failed') exchange.respond(412, PLAIN, 'Precondition Failed\n');
  else {
    const ranges = wantedRanges(exchange, form);
    if (ranges === undefined) sendRange(exchange, 200, form.wholeLines, form, wholeOf(form), onError);
    else sendWanted(exchange, form, ranges, onError);
  }
}

function sendWanted(
  exchange: FetchExchange,
  form: Representation,
  ranges: readonly ByteRange[],
  onError: OnError,
): void {
  const [only] = ranges;
  if (only === undefined) {
    const fields = `${PLAIN}${line('Content-Range', `bytes */${form.file.size}`)}`;
    exchange.respond(416, fields, 'Range Not Satisfiable\n');
  } else if (ranges.length > 1) sendRanges(exchange, form, ranges, onError);
  else sendRange(exchange, 206, `${form.partLines}${contentRange(only, form)}`, form, only, onError);
}

/** A range means something to GET alone (section 14.2). Undefined: the whole is to be sent. */
function wantedRanges(exchange: FetchExchange, form: Representation): readonly ByteRange[] | undefined {
  const value = exchange.method === 'GET' ? exchange.header('range') : undefined;
  if (value === undefined || !isSameFile(exchange.header('if-range'), form)) return undefined;
  return rangesOf(value, form.file.size);
}

const wholeOf = ({ file }: Representation): ByteRange => ({ start: 0, end: file.size });

const contentRange = ({ start, end }: ByteRange, { file }: Representation): string =>
  line('Content-Range', `bytes ${start}-${end - 1}/${file.size}`);

function sendRange(
  exchange: FetchExchange,
  status: number,
  fields: string,
  { file }: Representation,
  range: ByteRange,
  onError: OnError,
): void {
  const length = range.end - range.start;
  if (file.contents !== undefined) exchange.respond(status, fields, file.read(range.start, range.end));
  else if (begin(exchange, status, fields, length)) sendParts(exchange, file, [range], onError);
}

/** As `multipart/byteranges`: section 14.6. */
function sendRanges(
  exchange: FetchExchange,
  form: Representation,
  ranges: readonly ByteRange[],
  onError: OnError,
): void {
  const boundary = crypto.randomUUID();
  const type = line('Content-Type', form.contentType);
  const parts: Part[] = ranges.flatMap((range) => [
    `\r\n--${boundary}\r\n${type}${contentRange(range, form)}\r\n`,
    range,
  ]);
  parts.push(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part.end - part.start), 0);
  const fields = `${line('Content-Type', `multipart/byteranges; boundary=${boundary}`)}${form.partsLines}`;
  if (begin(exchange, 206, fields, length)) sendParts(exchange, form.file, parts, onError);
}

/** False where no body follows. */
function begin(exchange: FetchExchange, status: number, fields: string, length: number): boolean {
  exchange.begin(status, fields, length);
  if (exchange.method !== 'HEAD') return true;
  exchange.end();
  return false;
}
