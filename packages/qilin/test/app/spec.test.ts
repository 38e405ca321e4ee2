import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, modulePaths, parseAppSpec } from '../../src/app/spec.ts';

const name = fc.stringMatching(/^[A-Za-z_$][\w$]{0,8}$/);
const module = fc.stringMatching(/^[\w./-]{1,20}$/);
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('MODULE[:APP]', () => {
  test('without APP means the default export', () => {
    fc.assert(
      fc.property(module, (text) => {
        expect(parseAppSpec(text)).toEqual({ name: text, module: text, attributes: undefined, args: undefined });
      }),
    );
  });

  test('names an export, or an attribute of one', () => {
    fc.assert(
      fc.property(module, fc.array(name, { minLength: 1, maxLength: 4 }), (text, path) => {
        expect(parseAppSpec(`${text}:${path.join('.')}`)).toMatchObject({
          module: text,
          attributes: path,
          args: undefined,
        });
      }),
    );
  });

  test('calls a factory with any JSON', () => {
    fc.assert(
      fc.property(module, name, fc.array(json, { maxLength: 4 }), (text, factory, args) => {
        const spec = parseAppSpec(`${text}:${factory}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
        expect(spec).toMatchObject({ module: text, attributes: [factory], args });
      }),
    );
  });

  test('takes any string in single quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (string) => {
        const quoted = JSON.stringify(string).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
        expect(parseAppSpec(`m:f('${quoted}')`).args).toEqual([string]);
      }),
    );
  });

  test('never fails but with a QilinError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseAppSpec(text);
        } catch (error) {
          expect(error).toHaveProperty('name', 'QilinError');
        }
      }),
    );
  });

  test.each([
    ['', 'lacks a module'],
    [':app', 'lacks a module'],
    ['m:', 'not the name of an export'],
    ['m:1app', 'not the name of an export'],
    ['m:app.', 'not the name of an export'],
    ['m:f()()', 'not JSON literals'],
    ['m:f(prod)', 'not JSON literals'],
    [`m:f('prod)`, 'not JSON literals'],
  ])('%o is told what is wrong', (text, message) => {
    expect(() => parseAppSpec(text)).toThrow(message);
  });
});

test('a dotted name is looked for as a file, then as folders; a path only as it is', () => {
  expect(modulePaths('pkg.mod')).toEqual(['pkg.mod', 'pkg/mod']);
  expect(modulePaths('./src/server.ts')).toEqual(['./src/server.ts']);
  expect(modulePaths('hello')).toEqual(['hello']);
});
