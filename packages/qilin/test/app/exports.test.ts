import { expect, test } from 'vitest';
import { exportsOf } from '../../src/app/exports.ts';

const app = () => {};
const names = (namespace: Record<string, unknown>) => Object.fromEntries(exportsOf(namespace));

test('an ES module has the exports that it names', () => {
  expect(names({ app, default: app })).toEqual({ app, default: app });
});

test('a CommonJS program exports nothing', () => {
  expect(names({ default: {}, 'module.exports': {} })).toEqual({});
});

test('the members of module.exports are exports, whether Node saw their names or not', () => {
  const whole = { app, hidden: 1 };
  expect(names({ app, default: whole })).toEqual({ app, hidden: 1, default: whole });
});

test('an ES module compiled to CommonJS has its own default export', () => {
  const whole = Object.defineProperty({ app, default: 7 }, '__esModule', { value: true });
  expect(names({ default: whole })).toEqual({ app, default: 7 });
  expect(
    names({ __esModule: true, app, default: Object.defineProperty({ app }, '__esModule', { value: true }) }),
  ).toEqual({ app });
});
