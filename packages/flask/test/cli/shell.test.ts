/** `flask shell`, typed at. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runShell } from '../../src/cli/shell.ts';
import { currentApp, Flask, g, hasAppContext } from '../../src/index.ts';

test('the prompt has the app, its context and what it is given, and waits for promises', async () => {
  const app = new Flask('shelled', { staticFolder: null });
  const torn: unknown[] = [];
  app.teardownAppcontext(() => {
    torn.push(g.get('typed'));
  });
  app.shellContextProcessor(() => ({ nameLater: async () => currentApp.name, hasAppContext }));
  const [input, output] = [new PassThrough(), new PassThrough()];
  let said = '';
  output.setEncoding('utf8').on('data', (text) => {
    said += String(text);
  });
  /** Types a line, and waits for the prompt behind its answer. */
  const type = async (line: string): Promise<string> => {
    const before = said.length;
    input.write(`${line}\n`);
    while (!/\n> $/.test(said.slice(before))) await once(output, 'data');
    return said.slice(before);
  };
  const over = runShell(app, { input, output });
  expect(await type('const later = await nameLater()')).toContain('undefined');
  expect(said).toContain('App: shelled\n');
  expect(await type('[later, hasAppContext()].join()')).toContain("'shelled,true'");
  expect(await type('g.typed = 1 + 1')).toContain('2');
  expect(await type('nope()')).toContain('nope is not defined');
  input.end();
  await over;
  expect(torn).toEqual([2]);
});
