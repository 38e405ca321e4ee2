/** A process that may open no more descriptors serves on with those that it has. */
import { describe, expect, test, vi } from 'vitest';
import { tellsOfShortage } from '../../src/worker/descriptor-shortage.ts';
import { residentMemory } from '../../src/worker/resident-memory.ts';

describe('its memory', () => {
  test('is what it was, where no descriptor is left to look', () => {
    const reads = [() => 10, () => 20, fail, fail, () => 30];
    const memory = residentMemory(() => (reads.shift() ?? fail)());
    expect([memory(), memory(), memory(), memory(), memory()]).toEqual([10, 20, 20, 20, 30]);
  });

  test('is that of this process', () => {
    expect(residentMemory()()).toBeGreaterThan(2 ** 20);
  });
});

function fail(): never {
  throw new Error('EMFILE: too many open files, uv_resident_set_memory');
}

test('connections that wait for one are told twice: when that begins, and when it is over', async () => {
  const told: string[] = [];
  const log = { warning: (text: string) => told.push(text), info: (text: string) => told.push(text) };
  const note = tellsOfShortage(log, () => 29, 50);
  for (let times = 0; times < 20; times++) note('EMFILE');
  expect(told).toEqual(['No descriptor for another connection (EMFILE): 29 are open, it waits']);
  await vi.waitFor(() => expect(told).toHaveLength(2), 5_000);
  expect(told[1]).toMatch(/^Descriptors suffice again: connections had to wait for one 20 times in \d\.\d s$/);
});
