/** docs/architecture.md names the files of three ways in order: that they are there, and belong to each other. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const text = readFileSync(`${repository}/docs/architecture.md`, 'utf8');

interface Step {
  readonly file: string;
  /** What is called, or looked at, in it. */
  readonly name: string;
  readonly source: string;
}

/** The numbered lines below the paragraph that begins so. */
function wayOf(beginning: string): readonly Step[] {
  const [, list = ''] = text.slice(text.indexOf(beginning)).split('\n\n');
  return [...list.matchAll(/^\d+\. `([^`]+)` `(\w+)`: /gm)].map(([, file = '', name = '']) => ({
    file,
    name,
    source: readFileSync(`${repository}/packages/${file}`, 'utf8'),
  }));
}

/** Whether one of them includes or imports the other, or what is called in the second is named in the first. */
function areJoined(one: Step, step: Step): boolean {
  const mentions = (source: string, file: string) => source.includes(basename(file).replace(/\.cc$/, '.h'));
  return (
    mentions(one.source, step.file) ||
    mentions(step.source, one.file) ||
    new RegExp(`\\b${step.name}\\b`).test(one.source)
  );
}

describe.each([
  ['**A request**', 12],
  ['**A setting**', 8],
  ['**A HUP**', 8],
])('the way of %s in docs/architecture.md', (beginning, most) => {
  const way = wayOf(beginning);

  test(`has no more than ${most} files`, () => {
    expect(way.length).toBeGreaterThan(5);
    expect(way.length).toBeLessThanOrEqual(most);
    expect(new Set(way.map(({ file }) => file)).size).toBe(way.length);
  });

  test.each(way)('$file has $name', ({ name, source }) => {
    expect(source).toMatch(new RegExp(`\\b${name}\\b`));
  });

  test.each(way)('$file is joined to another of them', (step) => {
    expect(way.some((other) => other !== step && areJoined(other, step))).toBe(true);
  });
});
