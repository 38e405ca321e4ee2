/**
 * Reads the cases that Jinja and we render: snippets/*.txt, one a line, and sets/*.txt, templates of several files.
 *
 * A snippet is `template ⟸ values ⟸ options`, the last two JSON and both optional; ⏎ ⇥ ␍ in it stand for a line break, a
 * tab and a carriage return. `@values` and `@options` hold for the lines after them, `§` begins a heading. A set begins
 * with `=== name`, each of its files with `--- name`; the first of them is rendered.
 *
 * facts.json holds the facts of Jinja's own tests, each with the test that it is of: what is rendered there, and nothing else of
 * them. What cannot be said in JSON is not among them: functions, objects, loaders and extensions of a test's own.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** What JSON holds. `{ "$markup": text }` is text that is HTML. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

type Values = { readonly [name: string]: Json };

export interface Case {
  /** A snippet's line, or a set's name. */
  readonly name: string;
  readonly main: string;
  readonly files: Readonly<Record<string, string>>;
  readonly values: Values;
  /** The environment's, by our names; and of the tests' own: `translations`, `newstyle`, `policies`. */
  readonly options: Values;
}

/** The cases of each file, by its name. */
export const SNIPPETS = readAll('snippets', parseSnippets);
export const SETS = readAll('sets', parseSets);

/** Those of Jinja's own tests, by the file of the test. */
export const FACTS = readFacts();

function readFacts(): ReadonlyMap<string, readonly Case[]> {
  const { facts }: { readonly facts: readonly (Omit<Case, 'name'> & { readonly of: string })[] } = JSON.parse(
    readFileSync(new URL('facts.json', import.meta.url), 'utf8'),
  );
  const seen = new Map<string, number>();
  const cases = facts.map(({ of, ...one }): Case => {
    const count = (seen.get(of) ?? 0) + 1;
    seen.set(of, count);
    return { ...one, name: `${of} ${count}` };
  });
  const byFile = new Map<string, Case[]>();
  for (const one of cases) {
    const file = one.name.split('::', 1)[0] ?? '';
    byFile.set(file, [...(byFile.get(file) ?? []), one]);
  }
  return byFile;
}

function readAll(folder: string, parse: (text: string) => readonly Case[]): ReadonlyMap<string, readonly Case[]> {
  const url = new URL(`${folder}/`, import.meta.url);
  const names = readdirSync(url).sort();
  return new Map(names.map((name) => [name.replace('.txt', ''), parse(readFileSync(new URL(name, url), 'utf8'))]));
}

function parseSnippets(text: string): readonly Case[] {
  let values: Values = {};
  let options: Values = {};
  const cases: Case[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('§')) continue;
    if (line.startsWith('@values ')) values = parseValues(line.slice(8));
    else if (line.startsWith('@options ')) options = parseValues(line.slice(9));
    else cases.push(parseSnippet(line, values, options));
  }
  return cases;
}

function parseSnippet(line: string, values: Values, options: Values): Case {
  const [template = '', own, ownOptions] = line.split(/ ⟸(?: |$)/);
  return {
    name: line,
    main: 'main',
    files: { main: template.replaceAll('⏎', '\n').replaceAll('⇥', '\t').replaceAll('␍', '\r') },
    values: { ...values, ...(own ? parseValues(own) : {}) },
    options: { ...options, ...(ownOptions ? parseValues(ownOptions) : {}) },
  };
}

function parseSets(text: string): readonly Case[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...files] = part.split(/^--- /m);
      const [name = '', ...settings] = head.split('\n');
      const sources = files.map((file) => [firstLine(file), file.slice(firstLine(file).length + 1)] as const);
      return {
        name,
        main: sources[0]?.[0] ?? '',
        files: Object.fromEntries(sources),
        values: settingOf(settings, '@values '),
        options: settingOf(settings, '@options '),
      };
    });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function settingOf(lines: readonly string[], mark: string): Values {
  return parseValues(lines.find((line) => line.startsWith(mark))?.slice(mark.length) ?? '{}');
}

function parseValues(text: string): Values {
  const values: Values = JSON.parse(text);
  return values;
}
