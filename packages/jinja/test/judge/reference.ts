/** What Jinja makes of cases: Debian's python3-jinja2, all of them in one process. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tool } from '../../../../test/needs.ts';
import type { Case } from './cases.ts';

export const pythonJinja = tool('python3-jinja2');

/** What a template gave: a text, or an error, with where it happened. */
export type Answer =
  | { readonly text: string }
  | {
      readonly error: string;
      readonly template: string | null;
      readonly line: number | null;
      readonly message: string;
    };

/** Debian's own interpreter: another python3 may come first on PATH, and would not see python3-jinja2. */
const INTERPRETER = '/usr/bin/python3';

/** @param cases with a main template, files, values and options each */
export function renderByJinja(cases: readonly Omit<Case, 'name'>[]): readonly Answer[] {
  const script = fileURLToPath(new URL('reference.py', import.meta.url));
  const output = execFileSync(INTERPRETER, ['-W', 'ignore', script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const answers: readonly Answer[] = JSON.parse(output);
  return answers;
}

/** The version of the Jinja that is asked. */
export const jinjaVersion = (): string =>
  execFileSync(INTERPRETER, ['-c', 'import jinja2; print(jinja2.__version__)'], { encoding: 'utf8' }).trim();
