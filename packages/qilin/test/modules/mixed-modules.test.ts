import { describe, expect, it } from 'vitest';
import { cureOf } from '../../src/modules/mixed-modules.ts';

const of = (error: Error, stack: string, code?: string): Error =>
  Object.assign(error, { stack, ...(code && { code }) });

/** test/processes/mistakes.test.ts has what each line of Node really throws. */
describe('the cure of an error', () => {
  it.each([
    ["Cannot find package 'left-pad' imported from /srv/a.mjs", 'the package "left-pad" is not installed'],
    ["Cannot find module '@scope/name/sub' Require stack: …", 'the package "@scope/name" is not installed'],
    ["Cannot find module './lib/text' imported from /srv/a.mjs", undefined],
    ["Cannot find package '@/lib' imported from /srv/a.mjs", undefined],
    ["Cannot find module '/srv/lib.mjs' imported from /srv/a.mjs", undefined],
  ])('%s', (message, told) => {
    const cure = cureOf(of(new Error(message), message, 'ERR_MODULE_NOT_FOUND'));
    if (told === undefined) expect(cure).toBe('');
    else expect(cure).toContain(told);
  });

  it('is a newer Node, or import(), where require() takes no ES module', () => {
    expect(cureOf(of(new Error('require() of ES Module'), '', 'ERR_REQUIRE_ESM'))).toContain('await import()');
  });

  it.each([
    ['file:///srv/app.ts:3:1', 'app.cts'],
    ['/srv/app.mjs:3:1', 'app.cjs'],
    ['nowhere', 'with the ending .cjs'],
  ])('names the file of %s', (place, file) => {
    const message = 'require is not defined in ES module scope, you can use import instead';
    expect(cureOf(of(new ReferenceError(message), `ReferenceError: ${message}\n    at ${place}`))).toMatch(
      new RegExp(`or name the file ${file}$`),
    );
  });

  it('is not known of what an app itself does wrong', () => {
    for (const error of [new ReferenceError('db is not defined'), new SyntaxError('Unexpected token'), new Error('x')])
      expect(cureOf(error)).toBe('');
  });
});
