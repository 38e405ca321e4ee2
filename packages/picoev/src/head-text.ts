/** Finds header fields in the text of a request's head, which the kernel has found valid. Nothing is parsed ahead. */
import { Remembered } from './remembered.ts';

/** What stands before a field's value, by its name. */
const needles = new Remembered<string>(1024);

function needleOf(name: string): string {
  const known = needles.get(name);
  if (known !== undefined) return known;
  const needle = `\r\n${name}:`;
  needles.set(name, needle);
  return needle;
}

/**
 * The value of a field, or undefined. Those of a repeated one are joined by `, `, cookies by `; ` (RFC 6265, 5.4).
 * @param head begins with the request line and ends with the empty line.
 * @param lowerCaseHead the same with the names in lower case: the same text, where the kernel has seen to that.
 * @param name in lower case.
 */
export function fieldOf(head: string, lowerCaseHead: string, name: string): string | undefined {
  const needle = needleOf(name);
  let found = lowerCaseHead.indexOf(needle);
  if (found < 0) return undefined;
  let joined: string | undefined;
  while (found >= 0) {
    const value = valueAt(head, found + needle.length);
    joined = joined === undefined ? value : `${joined}${name === 'cookie' ? '; ' : ', '}${value}`;
    found = lowerCaseHead.indexOf(needle, found + needle.length);
  }
  return joined;
}

/** Names and values in turn, as sent. */
export const allFields = (head: string): string[] => fieldsFrom(head, head.indexOf('\r\n') + 2);

/** The same of a text, such as a trailer section, whose fields begin at `start`. */
export function fieldsFrom(text: string, start: number): string[] {
  const fields: string[] = [];
  let line = start;
  for (;;) {
    const colon = text.indexOf(':', line);
    if (colon < 0) return fields;
    const end = text.indexOf('\r\n', colon);
    fields.push(text.slice(line, colon), trimmed(text, colon + 1, end));
    line = end + 2;
    // The empty line: what has a colon behind it would be no field.
    if (text.charCodeAt(line) === CR) return fields;
  }
}

/** The head with one field of this name, in lower case, or with none. */
export function withField(head: string, lowerCaseHead: string, name: string, value: string | undefined): string {
  const needle = needleOf(name);
  let rest = '';
  let from = 0;
  for (let found = lowerCaseHead.indexOf(needle); found >= 0; found = lowerCaseHead.indexOf(needle, from)) {
    rest += head.slice(from, found);
    from = head.indexOf('\r\n', found + 2);
  }
  rest += head.slice(from);
  const end = rest.lastIndexOf('\r\n\r\n');
  if (value === undefined || end < 0) return rest;
  return `${rest.slice(0, end)}\r\n${name}: ${value}\r\n\r\n`;
}

const CR = 13;
const SPACE = 32;
const TAB = 9;

const valueAt = (head: string, start: number): string => trimmed(head, start, head.indexOf('\r\n', start));

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;
