/** A page in three languages: catalogues as gettext's, `{% trans %}` and `_()` in templates, dates and plurals by Intl. */
import { readFileSync } from 'node:fs';
import { Flask, int, redirect, renderTemplate, request, session, urlFor } from '@qilin/flask';

/** The text itself is the key; where it counts something, a text for each of the language's plural categories. */
type Catalogue = Readonly<Record<string, string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>>>;

const catalogueOf = (language: string): Catalogue =>
  JSON.parse(readFileSync(new URL(`translations/${language}.json`, import.meta.url), 'utf8'));

const CATALOGUES = new Map<string, Catalogue>([
  ['en', {}],
  ['de', catalogueOf('de')],
  ['pl', catalogueOf('pl')],
]);
const LANGUAGES = [...CATALOGUES.keys()];

/** What the user has chosen, else what the browser prefers. */
function language(): string {
  const chosen = LANGUAGES.find((code) => code === session.get('language'));
  return chosen ?? request.acceptLanguages.bestMatch(LANGUAGES, 'en');
}

/** Also for the texts of views. */
export function gettext(message: string): string {
  const text = CATALOGUES.get(language())?.[message];
  return typeof text === 'string' ? text : message;
}

export function ngettext(singular: string, plural: string, count: number): string {
  const texts = CATALOGUES.get(language())?.[singular];
  const text = typeof texts === 'object' ? texts[new Intl.PluralRules(language()).select(count)] : undefined;
  return text ?? (count === 1 ? singular : plural);
}

export const app = new Flask(import.meta);
app.config.fromPrefixedEnv(); // FLASK_SECRET_KEY
app.jinjaOptions = { extensions: ['i18n'] };
app.templates.environment.installGettext({ gettext, ngettext }, { newstyle: true });
app.templateGlobal('language', language);
app.templateFilter('date', (value: Date) =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'long', timeZone: 'UTC' }).format(value),
);

app.get('/', { endpoint: 'index' }, () => {
  const count = request.args.get('n', 1, int);
  return renderTemplate('notes.html', { name: '<Ana>', count, written: new Date('2026-03-01'), languages: LANGUAGES });
});

app.post('/language', { endpoint: 'choose' }, async () => {
  const wanted = (await request.form).require('language');
  if (CATALOGUES.has(wanted)) session.set('language', wanted);
  return redirect(urlFor('index'));
});

app.afterRequest((response) => {
  response.headers.append('Vary', 'Accept-Language');
  return response;
});
