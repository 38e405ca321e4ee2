/** The Python twin of examples/microblog, for a test: started on a free port, ended with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { tool } from '../../needs.ts';

/** Debian's packages that it is made of. */
export const twinNeeds = (
  [
    'python3-flask',
    'python3-flask-login',
    'python3-flaskext.wtf',
    'python3-flask-cors',
    'python3-flask-limiter',
  ] as const
).map(tool);

interface Twin extends AsyncDisposable {
  readonly url: string;
  /** Its URL rules, sorted. */
  readonly rules: readonly string[];
}

/** @param env its settings, by Flask's names: `FLASK_SECRET_KEY` */
export async function startTwin(env: NodeJS.ProcessEnv): Promise<Twin> {
  const program = fileURLToPath(new URL('twin.py', import.meta.url));
  // Debian's own: another python3 may come first on PATH.
  const child = spawn('/usr/bin/python3', ['-B', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit');
  const told = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    void ended.then(([status]) => reject(new Error(`The twin ended with status ${status}.`)), reject);
  });
  const { port, rules } = JSON.parse(told);
  return {
    url: `http://127.0.0.1:${port}`,
    rules,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
