/** Python's Flask beside ours: asks the interpreter of Debian's python3-flask what it makes of the same input. */
import { execFileSync } from 'node:child_process';
import { tool } from '../../../../test/needs.ts';

/** Debian's own interpreter: another python3 may come first on PATH, and would not see python3-flask. */
const INTERPRETER = '/usr/bin/python3';

export const pythonFlask = tool('python3-flask');

const PRELUDE = 'import json, sys\nasked = json.load(sys.stdin)\n';

/**
 * Runs a script that finds its input in `asked` and leaves its result in `answer`.
 *
 * @param script lines of Python
 * @param input anything that JSON can hold
 */
export function python(script: string, input: unknown): unknown {
  const output = execFileSync(
    INTERPRETER,
    ['-W', 'ignore', '-c', `${PRELUDE}${script}\njson.dump(answer, sys.stdout)`],
    {
      input: JSON.stringify(input),
      encoding: 'utf8',
    },
  );
  return JSON.parse(output);
}
