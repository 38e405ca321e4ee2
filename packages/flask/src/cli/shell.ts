/** `flask shell`: a prompt of JavaScript with the app's context, where `await` stands anywhere. Flask's `shell_command`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { start } from 'node:repl';
import type { Flask } from '../app/flask.ts';

/** Where is typed and where is answered. */
interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Resolves when the prompt is left: by `.exit`, Ctrl+D, or the input's end. */
export async function runShell(
  app: Flask,
  { input, output }: Terminal = { input: process.stdin, output: process.stdout },
): Promise<void> {
  await app.appContext().run(async () => {
    const system = `Node.js ${process.version} on ${process.platform}`;
    output.write(`${system}\nApp: ${app.name}\nInstance: ${app.instancePath}\n`);
    // The globals of the program itself: objects of another realm would be no plain objects to it.
    const shell = start({ input, output, useGlobal: true });
    Object.assign(shell.context, app.makeShellContext());
    const evaluate = shell.eval;
    // What is typed comes from the terminal, which knows of no app.
    const inContext = AsyncLocalStorage.snapshot();
    const evaluateInContext: typeof evaluate = (...args) => inContext(() => evaluate.apply(shell, args));
    Object.defineProperty(shell, 'eval', { value: evaluateInContext });
    await once(shell, 'exit');
  });
}
