/** Visits as Python's Flask-Limiter answers them: recorded.json says of which version, for each visit by which strategy. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryStorage } from '../src/index.ts';
import { createApp } from './app.ts';
import recorded from './recorded.json' with { type: 'json' };

type Seen = readonly (number | string | null)[];

/** Seconds since the one before, method, URL, and what fixed windows and moving ones answer. */
const visits = recorded.visits as unknown as readonly [number, string, string, Seen, Seen][];

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: recorded.start * 1000 }));
afterEach(() => vi.useRealTimers());

test.each([
  ['fixed-window', 3],
  ['moving-window', 4],
] as const)('%s: status, headers and sentences are those of Python', async (strategy, column) => {
  const { client } = createApp({ strategy, storage: new MemoryStorage() });
  const seen: Seen[] = [];
  for (const [wait, method, path] of visits) {
    vi.setSystemTime(Date.now() + wait * 1000);
    const { status, headers, text } = await client.open(path, { method });
    const told = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'];
    const sentence = status === 429 ? [/<p>(.*)<\/p>/.exec(text)?.[1] ?? null] : [];
    seen.push([status, ...told.map((name) => headers.get(name)), ...sentence]);
  }
  const withPath = (answers: readonly Seen[]) => answers.map((answer, at) => [visits[at]?.[2], ...answer]);
  expect(withPath(seen)).toEqual(withPath(visits.map((visit) => visit[column])));
});
