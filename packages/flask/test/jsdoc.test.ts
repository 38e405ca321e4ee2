/** Whoever knows Flask finds what is here by its name: the JSDoc of each public name says whose it is. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkDialect, othersIn } from '../../../scripts/dialect.mjs';

const PACKAGES = ['flask', 'flask-cors', 'flask-limiter', 'flask-login', 'flask-wtf'];

/** Python's packages that they are made after. */
const MODELS = /\b(?:Flask|Werkzeug|Jinja|Click|MarkupSafe|ItsDangerous|WTForms|Blinker|Python)/i;

/** Public names that Python has not, by why. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  'types of what Python leaves untyped': [
    ...[
      'BlueprintSetup',
      'ImportName',
      'ScaffoldOptions',
      'UrlForValues',
      'ClassView',
      'ViewDecorator',
      'CommandContext',
    ],
    ...['CommandSpec', 'FlashedMessage', 'RequestState', 'HTTPExceptionClass', 'HTTPExceptionOptions', 'FileLike'],
    ...['ErrorClass', 'ErrorHandler', 'ViewFunction', 'Reply', 'ReplyHeaders', 'ReplyStatus', 'ConverterArgument'],
    ...['ConverterArguments', 'ConverterClass', 'ViewParams', 'RuleValues', 'SessionRequest', 'SessionResponse'],
    ...[
      'TextSerializer',
      'SecretKey',
      'TemplateContext',
      'TemplateFunction',
      'ClientOptions',
      'FormFields',
      'Extension',
    ],
    ...['FormOptions', 'FieldOptions', 'FieldType', 'TokenOptions', 'KeyFunction', 'LimitOptions', 'LimitValue'],
    ...['RequestLimit', 'LimitDecorator', 'LimiterOptions'],
  ],
  'what JavaScript needs beside': ['isSafeRedirect', 'viewDecorator', 'parseWithBigints'],
  'of Standard Schemas, which stand for validators': ['StandardSchema', 'Issue'],
  'of Qilin': ['ConfigError', 'StorageError'],
};

/** What a package's index exports of its own files, with the JSDoc directly above. */
function publicNames(name: string): readonly (readonly [name: string, jsdoc: string])[] {
  const folder = new URL(`../../${name}/src/`, import.meta.url);
  const index = readFileSync(new URL('index.ts', folder), 'utf8');
  return [...index.matchAll(/export (?:type )?(?:\{([^}]*)\}|\*) from '(\.[^']+)'/g)].flatMap(([, list, file = '']) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const declared = new Map<string, string>();
    for (const [, jsdoc = '', declaredName = ''] of text.matchAll(DECLARATION)) {
      declared.set(declaredName, declared.get(declaredName) || jsdoc);
    }
    const names = list?.split(',').map((one) => one.replace('type ', '').trim().split(' ')[0] ?? '');
    // What a file passes on of @qilin/jinja is documented there.
    return [...declared].filter(([declaredName]) => names?.includes(declaredName) ?? true);
  });
}

/** A declaration with the comment above it; of overloads and merged ones, one has it. */
const DECLARATION =
  /(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?(?:\/\/[^\n]*\n)*export (?:abstract )?(?:async )?(?:class|function\*?|const|interface|type) (\w+)/g;

test('each public name says which of Flask or of its extensions it is, or why it is none', () => {
  const found = PACKAGES.flatMap(publicNames);
  expect(found.length).toBeGreaterThan(150);
  const own = new Set(Object.values(OWN).flat());
  expect(found.filter(([, jsdoc]) => jsdoc === '').map(([name]) => name)).toEqual([]);
  expect(found.filter(([name, jsdoc]) => !MODELS.test(jsdoc) && !own.has(name)).map(([name]) => name)).toEqual([]);
  const known = new Set(found.map(([name]) => name));
  expect([...own].filter((name) => !known.has(name))).toEqual([]);
});

test('what is private is so by #name alone', () => {
  expect(checkDialect()).toEqual([]);
  const wrong = ['private x = 1;', 'private readonly y = 2;', '_z = 3;', 'readonly _w: number;', 'async _q() {}'];
  expect(othersIn(`class A {\n  ${wrong.join('\n  ')}\n}`)).toEqual(['private', 'private', '_z', '_w', '_q']);
  expect(othersIn('class A {\n  #x = 1;\n  private constructor() {}\n  __html__() {}\n}')).toEqual([]);
});
