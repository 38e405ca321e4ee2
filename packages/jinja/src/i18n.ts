/** gettext for `{% trans %}` and `_()`: an app's functions as templates call them. */
import type { Context } from './runtime/context.ts';
import { isPromise } from './runtime/drive.ts';
import { modulo } from './values/arithmetic.ts';
import { passContext, withKeywords } from './values/callable.ts';
import { makeDict } from './values/dicts.ts';
import { Markup } from './values/markup.ts';

type Text = string | Promise<string>;

/** An app's translations: each gives a text, or a promise of it. */
export interface Translations {
  gettext(message: string): Text;
  ngettext(singular: string, plural: string, count: number): Text;
  pgettext?(context: string, message: string): Text;
  npgettext?(context: string, singular: string, plural: string, count: number): Text;
}

/** No translation: English rules of the plural. */
export const NULL_TRANSLATIONS: Required<Translations> = {
  gettext: (message) => message,
  ngettext: (singular, plural, count) => (count === 1 ? singular : plural),
  pgettext: (_, message) => message,
  npgettext: (_, singular, plural, count) => (count === 1 ? singular : plural),
};

/**
 * A gettext function that fills in its keywords.
 * @param names What its positional arguments are called as variables of the text; null for those that are none
 */
const newstyle = (translate: (...args: never[]) => Text, names: readonly (string | null)[]) =>
  passContext(
    withKeywords((context: Context, ...rest: unknown[]): unknown => {
      const keywords = rest.pop();
      const variables = new Map<string, unknown>(
        names.flatMap((name, i) => (name === null ? [] : [[name, rest[i]] as const])),
      );
      if (typeof keywords === 'object' && keywords !== null) {
        for (const [name, value] of Object.entries(keywords)) variables.set(name, value);
      }
      const fill = (text: unknown) => modulo(context.autoescape ? new Markup(text) : text, makeDict(variables));
      const text: unknown = Reflect.apply(translate, undefined, rest);
      return isPromise(text) ? text.then(fill) : fill(text);
    }),
  );

/** The functions that templates call, by name. */
export function gettextGlobals(translations: Translations, isNewstyle: boolean): Record<string, unknown> {
  const { pgettext = NULL_TRANSLATIONS.pgettext, npgettext = NULL_TRANSLATIONS.npgettext } = translations;
  const functions = {
    gettext: (message: string) => translations.gettext(message),
    ngettext: (singular: string, plural: string, count: number) =>
      translations.ngettext(singular, plural, Number(count)),
    pgettext: (context: string, message: string) => pgettext.call(translations, context, message),
    npgettext: (context: string, singular: string, plural: string, count: number) =>
      npgettext.call(translations, context, singular, plural, Number(count)),
  };
  if (!isNewstyle) return functions;
  return {
    gettext: newstyle(functions.gettext, [null]),
    ngettext: newstyle(functions.ngettext, [null, null, 'num']),
    pgettext: newstyle(functions.pgettext, ['context', null]),
    npgettext: newstyle(functions.npgettext, ['context', null, null, 'num']),
  };
}
