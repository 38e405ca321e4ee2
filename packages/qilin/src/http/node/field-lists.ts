/** Header lines as Node's responses take them. Most answers of an app have the same lines, so what they were made into is kept. */
import type { OutgoingHttpHeaders } from 'node:http';
import { Remembered } from '@qilin/picoev';

const lists = new Remembered<readonly string[]>(256);
const LONGEST_REMEMBERED = 1024;

/** For HTTP/1: names and values in turn. */
export function fieldList(fields: string, length: number | undefined): string[] {
  const list = split(fields);
  return length === undefined ? [...list] : [...list, 'Content-Length', String(length)];
}

/** For HTTP/2: one value for each name, as `Headers` has it (of several, Node refuses many); but cookies have a list. */
export function fieldRecord(fields: string, length: number | undefined): OutgoingHttpHeaders {
  const record: Record<string, string | string[]> = {};
  const cookies: string[] = [];
  const list = split(fields);
  for (let i = 1; i < list.length; i += 2) {
    const name = (list[i - 1] ?? '').toLowerCase();
    const value = list[i] ?? '';
    const before = record[name];
    if (name === 'set-cookie') cookies.push(value);
    else record[name] = before === undefined ? value : `${before}, ${value}`;
  }
  if (cookies.length > 0) record['set-cookie'] = cookies;
  return length === undefined ? record : { ...record, 'content-length': length };
}

function split(fields: string): readonly string[] {
  const known = lists.get(fields);
  if (known !== undefined) return known;
  const list: string[] = [];
  for (const line of fields.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) list.push(line.slice(0, colon), line.slice(colon + 2));
  }
  if (fields.length <= LONGEST_REMEMBERED) lists.set(fields, list);
  return list;
}
