/** What both sides of the tables must agree on is the same in TypeScript as in C++. */
import { expect, test } from 'vitest';
import { addon } from '../src/addon.ts';
import * as wire from '../src/wire.ts';

test('wire.ts says what the kernel was built with', () => {
  expect({ ...wire }).toEqual(addon().wire);
});
