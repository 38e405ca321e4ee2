/**
 * What Werkzeug 3.1 makes of the same input, kept in recorded.json: Debian has no version as late. To record anew what the tests ask:
 *
 *     RECORD_WERKZEUG=3.1.8 PYTHONPATH=flask-3.1/src:werkzeug-3.1/src npx vitest run --project unit packages/flask/test/http
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { python } from './python.ts';

const FILE = new URL('recorded.json', import.meta.url);

interface Recorded {
  werkzeug: string;
  /** By what is asked: each input and its answer. */
  readonly answers: Record<string, readonly (readonly [input: unknown, answer: unknown])[]>;
}

const recorded: Recorded = JSON.parse(readFileSync(FILE, 'utf8'));

/** Whose answers they are. */
export const version = `Werkzeug ${recorded.werkzeug}`;

/** @param script of Python, defines `f` @returns each input with what `f` makes of it, as it was recorded */
export function recordedAnswers(what: string, script: string, inputs: readonly unknown[]) {
  const { RECORD_WERKZEUG: recording } = process.env;
  if (recording !== undefined) {
    const answers = python(`${script}\nanswer = [f(*x) if isinstance(x, list) else f(x) for x in asked]`, inputs);
    recorded.werkzeug = recording;
    recorded.answers[what] = inputs.map((input, index) => [input, Array.isArray(answers) ? answers[index] : undefined]);
    writeFileSync(FILE, `${JSON.stringify(recorded, undefined, 2)}\n`);
  }
  return recorded.answers[what] ?? [];
}
