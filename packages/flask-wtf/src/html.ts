/** HTML of fields, byte for byte WTForms's. WTForms's `widgets`. */
import { escapeHtml, Markup } from '@qilin/flask';

/** Attributes by name: true is a name alone, false and what is not there nothing. */
export type Attributes = Readonly<Record<string, unknown>>;

const escaped = (value: unknown): string => escapeHtml(String(value)).value;

/** `class_` is `class`, `data_x` is `data-x`: what Python cannot write as a keyword. */
function nameOf(name: string): string {
  if (/^(?:class|for)_+$/.test(name)) return name.replace(/_+$/, '');
  return /^(?:data|aria)_/.test(name) ? name.replaceAll('_', '-') : name;
}

/** Attributes in the order of their names. WTForms's `html_params`. @throws TypeError for what is no attribute's name */
export function htmlParams(attributes: Attributes): string {
  const entries = Object.entries(attributes).map(([name, value]): [string, unknown] => [nameOf(name), value]);
  return entries
    .filter(([, value]) => value !== false && value !== null && value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      if (!/^[^\s"'<>/=]+$/.test(name)) throw new TypeError(`'${name}' is no name of an HTML attribute.`);
      return value === true ? name : `${name}="${escaped(value)}"`;
    })
    .join(' ');
}

/** An element; without content one that has no end. */
export function element(name: string, attributes: Attributes, content?: Markup | string): Markup {
  const start = `<${name} ${htmlParams(attributes)}>`;
  if (content === undefined) return new Markup(start);
  return new Markup(`${start}${content instanceof Markup ? content.value : escaped(content)}</${name}>`);
}

/** Pieces of HTML, one after the other. */
export const joined = (pieces: readonly Markup[]): Markup => new Markup(pieces.map(({ value }) => value).join(''));
