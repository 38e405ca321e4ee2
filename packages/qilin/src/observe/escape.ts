/** How text that may hold anything becomes text that is safe in a line of a log. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL_BUT_NEWLINE = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;
/** Controls that JSON lets stand as they are. */
const CONTROL_IN_JSON = /[\x7f-\x9f]/g;
const UNSAFE = /[^ !#-[\]-~]/;
const EVERY_UNSAFE = /[^ !#-[\]-~]/g;

const hex = (character: string): string => {
  const code = character.charCodeAt(0);
  return code <= 0xff
    ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
};

const controlName = (character: string): string =>
  character === '\t' ? '\\t' : character === '\r' ? '\\r' : hex(character);

/** A message for people: newlines stay, other control characters become `\t`, `\r`, `\xHH`. */
export function escapeMessage(message: string): string {
  return message.replace(CONTROL_BUT_NEWLINE, controlName);
}

/**
 * A value that a client chose, inside a line: quotes, backslashes and all but printable ASCII become `\xHH`, a code unit
 * above U+00FF becomes `\uHHHH`. As nginx and Apache do it: nobody can end the field or the line, and it can be undone.
 */
export function escapeValue(value: string): string {
  return UNSAFE.test(value) ? value.replace(EVERY_UNSAFE, hex) : value;
}

/** One line of JSON without any raw control character. */
export function toJsonLine(value: object | string): string {
  return JSON.stringify(value).replace(CONTROL_IN_JSON, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** How many bytes of a line a text takes. Each UTF-16 unit takes one at least. */
export type SizeOf = (text: string) => number;

export const bytesOfText: SizeOf = (text) => Buffer.byteLength(text);
export const bytesInJson: SizeOf = (text) => Buffer.byteLength(toJsonLine(text)) - 2;

/** The longest beginning of `text` that takes no more than `room` bytes, and does not end in half a character. */
export function beginningOf(text: string, room: number, sizeOf: SizeOf): string {
  let length = Math.max(0, Math.min(text.length, room));
  for (let size = sizeOf(text.slice(0, length)); size > room; size = sizeOf(text.slice(0, length))) {
    length = Math.min(length - 1, Math.floor((length * room) / size));
  }
  const splitsPair = length < text.length && /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text.slice(0, splitsPair ? length - 1 : length);
}

/** A text in pieces that take no more than `room` bytes each. */
export function piecesOf(text: string, room: number, sizeOf: SizeOf): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const piece = beginningOf(rest, room, sizeOf) || rest.slice(0, 2);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return pieces;
}

const CUT = '...';

/** Values cut so that they take no more than `room` bytes together; the longest lose most, and end in `...`. */
export function fitTogether(values: readonly string[], room: number, sizeOf: SizeOf): string[] {
  const sizes = values.map(sizeOf);
  const shortestFirst = [...values.keys()].sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  const fitted = [...values];
  let left = room;
  for (const [turn, index] of shortestFirst.entries()) {
    const share = Math.floor(left / (values.length - turn));
    const value = values[index] ?? '';
    if ((sizes[index] ?? 0) > share) {
      fitted[index] = share < CUT.length ? '' : beginningOf(value, share - CUT.length, sizeOf) + CUT;
    }
    left -= Math.min(share, sizes[index] ?? 0);
  }
  return fitted;
}
