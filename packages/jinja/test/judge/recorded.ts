/**
 * What Jinja makes of the cases here, recorded once: `JINJA_RECORD=1 npx vitest run --project unit packages/jinja/test/judge`
 * asks Debian's python3-jinja2 and writes recorded.json anew. A case that has changed has no answer until then.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Case } from './cases.ts';
import { type Answer, jinjaVersion, renderByJinja } from './reference.ts';

interface Recording {
  /** Of the Jinja that was asked. */
  readonly version: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

const FILE = new URL('recorded.json', import.meta.url);

/** What the answer hangs on: all but the name. */
const keyOf = ({ main, files, values, options }: Case): string =>
  createHash('sha256')
    .update(JSON.stringify([main, files, values, options]))
    .digest('base64url')
    .slice(0, 12);

export const isRecording = process.env['JINJA_RECORD'] === '1';

/** The answers to these cases, by case; those without one are left out. */
export function recordedAnswers(cases: readonly Case[]): ReadonlyMap<Case, Answer> {
  if (isRecording) record(cases);
  const { answers }: Recording = JSON.parse(readFileSync(FILE, 'utf8'));
  return new Map(
    cases.flatMap((one) => {
      const answer = answers[keyOf(one)];
      return answer ? [[one, answer] as const] : [];
    }),
  );
}

/** How many answers there are that no case asks for. */
export function staleAnswers(cases: readonly Case[]): number {
  const { answers }: Recording = JSON.parse(readFileSync(FILE, 'utf8'));
  const keys = new Set(cases.map(keyOf));
  return Object.keys(answers).filter((key) => !keys.has(key)).length;
}

function record(cases: readonly Case[]): void {
  const answers = renderByJinja(cases);
  const lines = cases.map((one, i) => [keyOf(one), JSON.stringify(answers[i])] as const);
  const text = [...new Map(lines)].map(([key, answer]) => `    ${JSON.stringify(key)}: ${answer}`).join(',\n');
  writeFileSync(FILE, `{\n  "version": ${JSON.stringify(jinjaVersion())},\n  "answers": {\n${text}\n  }\n}\n`);
}
