/** Two languages. What is translated stands in translations/de.json, English by German; a pair is the singular and the plural. */
import { readFileSync } from 'node:fs';
import { type Flask, g, request, session } from '@qilin/flask';

export const LANGUAGES = ['en', 'de'] as const;
type Language = (typeof LANGUAGES)[number];

declare module '@qilin/flask' {
  interface SessionData {
    language: string;
  }
  interface Globals {
    language?: Language;
  }
}

type Catalogue = Readonly<Record<string, string | readonly [string, string]>>;

const german: Catalogue = JSON.parse(readFileSync(new URL('translations/de.json', import.meta.url), 'utf8'));
const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en: {}, de: german };

const lookUp = (message: string) => CATALOGUES[g.language ?? 'en'][message] ?? message;

/** A text in the language of the request. */
export function gettext(message: string): string {
  const found = lookUp(message);
  return typeof found === 'string' ? found : found[0];
}

function ngettext(singular: string, plural: string, count: number): string {
  const found = lookUp(singular);
  const [one, many] = typeof found === 'string' ? [singular, plural] : found;
  return count === 1 ? one : many;
}

/** What the user has chosen, else what the browser asks for. */
function chooseLanguage(): Language {
  const chosen = LANGUAGES.find((language) => language === session.get('language'));
  return chosen ?? request.acceptLanguages.bestMatch(LANGUAGES) ?? 'en';
}

export function initApp(app: Flask): void {
  app.jinjaOptions = { extensions: ['i18n'], trimBlocks: true, lstripBlocks: true };
  app.templates.environment.installGettext({ gettext, ngettext });
  app.beforeRequest(() => {
    g.language = chooseLanguage();
  });
}
