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
export function toJsonLine(fields: object): string {
  return JSON.stringify(fields).replace(CONTROL_IN_JSON, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
