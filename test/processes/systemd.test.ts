/** A server under systemd, which a fixture plays: nobody is refused, whatever becomes of the arbiter. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { temporaryFolder } from './server.ts';
import { PATIENCE, ServiceManager } from './service-manager.ts';

const APP = `export const app = () => new Response(JSON.stringify(Object.keys(process.env).filter((name) => /^(NOTIFY|WATCHDOG|LISTEN|FDSTORE)/.test(name))));
`;
const python = tool('python3');

/** Clients that ask all the time, with a connection for each request; what went wrong, when they are told to end. */
function visitors(url: string): () => Promise<readonly string[]> {
  const wrong: string[] = [];
  let goesOn = true;
  const visit = async () => {
    while (goesOn) {
      // The queue may have to wait for a whole start, of a busy machine.
      const answer = await ask(url, { signal: AbortSignal.timeout(PATIENCE) }).catch((error: unknown) => error);
      if (answer instanceof Error) wrong.push(String(answer));
      else if ((answer as { text: string }).text !== '[]') wrong.push(JSON.stringify(answer));
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  };
  const all = Promise.all([visit(), visit()]);
  return async () => {
    goesOn = false;
    await all;
    return wrong;
  };
}

test.skipIf(python.isMissing)(
  python.named('with its sockets in the store nobody is refused: reload, upgrade, watchdog, death of the arbiter'),
  async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', APP);
    const port = await freePort();
    const path = join(folder.path, 'app.sock');
    const bound = (...bind: string[]) =>
      write(
        folder.path,
        'qilin.config.json',
        JSON.stringify({ bind, workers: 1, chdir: folder.path, app: 'app.mjs:app' }),
      );
    const file = bound(`127.0.0.1:${port}`, `unix:${path}`);
    await using systemd = new ServiceManager(folder.path, 3, [], ['-c', file]);
    await systemd.heard(/^said FDSTORE=1 FDPOLL=0 FDNAME=qilin;127\.0\.0\.1%3A\d+;;1$/);
    const kept = await systemd.heard(/^said FDSTORE=1 FDPOLL=0 FDNAME=(qilin;unix%3A.+)$/);
    const started = await systemd.heard(/^said READY=1 /);
    const leave = visitors(`http://127.0.0.1:${port}/`);

    systemd.order('hup');
    const reloaded = await systemd.heard(/^said READY=1 .*generation 2/, started.next);

    systemd.order('usr2');
    systemd.order('term');
    const handedOver = await systemd.heard(/^said MAINPID=/, reloaded.next);
    const upgraded = await systemd.heard(/^said READY=1 /, handedOver.next);

    systemd.order('kill');
    const died = await systemd.heard(/^started \d+ qilin;127\.0\.0\.1%3A\d+;;1 qilin;unix%3A/, upgraded.next);
    const again = await systemd.heard(/^said READY=1 /, died.next);
    // The file is the one of before: that socket too was taken back.
    expect((await ask('http://app/', { socketPath: path })).text).toBe('[]');

    systemd.order('freeze');
    const frozen = await systemd.heard(/^watchdog /, again.next);
    const thawed = await systemd.heard(/^said READY=1 /, frozen.next);

    bound(`127.0.0.1:${port}`);
    systemd.order('hup');
    const removed = await systemd.heard(/^said FDSTOREREMOVE=1 FDNAME=(.+)$/, thawed.next);
    expect(removed.found[1]).toBe(kept.found[1]);

    expect(await leave()).toEqual([]);
    await systemd.stop();
    expect(systemd.events.slice(thawed.next).filter((event) => /^ended/.test(event))).toEqual([
      expect.stringMatching(/^ended \d+ 0$/),
    ]);
  },
);

test.skipIf(python.isMissing)(
  python.named('bind picks by its name one of the sockets that systemd passes'),
  async () => {
    using folder = temporaryFolder();
    const app = write(folder.path, 'app.mjs', APP);
    await using systemd = new ServiceManager(folder.path, 0, ['web', 'other'], ['--bind', 'fd://web', `${app}:app`]);
    const {
      found: [, port],
    } = await systemd.heard(/^listens web (\d+)$/);
    const ready = await systemd.heard(/^said READY=1 /);
    expect((await ask(`http://127.0.0.1:${port}/`)).text).toBe('[]');
    // They are systemd's own: it needs no store for them.
    expect(systemd.events.filter((event) => event.includes('FDSTORE'))).toEqual([]);
    systemd.order('kill');
    await systemd.heard(/^said READY=1 /, ready.next);
    expect((await ask(`http://127.0.0.1:${port}/`)).text).toBe('[]');
    await systemd.stop();
  },
);
