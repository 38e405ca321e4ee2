/** Every error of the engine, by Jinja's names, and where in which template it happened. */

/** A place in a template's source. */
export interface Place {
  /** The template's name; `<template>` for one made from a string. */
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1; 0 when it is not known. */
  readonly column: number;
  /** The source's line. */
  readonly text: string;
}

/** The base of Jinja's own errors. Errors of other functions that templates call stay what they are. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/** The template does not parse. */
export class TemplateSyntaxError extends TemplateError {
  override name = 'TemplateSyntaxError';
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(`${message}\n${describePlace(place)}`);
    this.place = place;
  }

  get lineno(): number {
    return this.place.line;
  }
}

/** It parses, but a thing it names cannot be: an unknown filter, a block defined twice. */
export class TemplateAssertionError extends TemplateSyntaxError {
  override name = 'TemplateAssertionError';
}

/** No loader knows the name. */
export class TemplateNotFound extends TemplateError {
  override name = 'TemplateNotFound';
  readonly templateName: string;

  constructor(templateName: string, message: string = templateName) {
    super(message);
    this.templateName = templateName;
  }
}

/** None of the names is known. */
export class TemplatesNotFound extends TemplateNotFound {
  override name = 'TemplatesNotFound';
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(
      names.at(-1) ?? '',
      names.length === 0
        ? 'Tried to select from an empty list of templates.'
        : `none of the templates given were found: ${names.join(', ')}`,
    );
    this.names = names;
  }
}

/** A fault while a template renders that the template itself made. */
export class TemplateRuntimeError extends TemplateError {
  override name = 'TemplateRuntimeError';
}

/** An undefined value was used for more than its kind allows. */
export class UndefinedError extends TemplateRuntimeError {
  override name = 'UndefinedError';
}

/** The sandbox refused. */
export class SecurityError extends TemplateRuntimeError {
  override name = 'SecurityError';
}

/** A filter was called with arguments that it cannot work with. */
export class FilterArgumentError extends TemplateRuntimeError {
  override name = 'FilterArgumentError';
}

/** `  page.html:3` above the line and a pointer to the column. */
export function describePlace({ name, line, column, text }: Place): string {
  const number = `${line}`;
  const shown = [`  ${name}:${line}`, `    ${number} | ${text}`];
  if (column > 0) {
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
    shown.push(`    ${' '.repeat(number.length)} | ${indent}^`);
  }
  return shown.join('\n');
}

/** The places in templates that an error went through, innermost first. */
const places = new WeakMap<object, Place[]>();

/** Where in templates an error happened: the innermost place first, then the templates that included or called it. */
export const placesOf = (error: unknown): readonly Place[] =>
  typeof error === 'object' && error !== null ? (places.get(error) ?? []) : [];

/** Of an endless recursion the first places tell enough. */
const MOST_PLACES = 20;

/** Notes a place that an error passed, in its stack as well: a log shows it without knowing of templates. */
export function notePlace(error: unknown, place: Place): void {
  if (!(error instanceof Error)) return;
  const known = places.get(error);
  if (known && known.length >= MOST_PLACES) return;
  if (known) known.push(place);
  else places.set(error, [place]);
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  const end = stack.indexOf('\n    at ');
  const note = `\n${describePlace(place)}`;
  const changed = end < 0 ? stack + note : stack.slice(0, end) + note + stack.slice(end);
  Object.defineProperty(error, 'stack', { value: changed, configurable: true, writable: true });
}
