/** What systemd hears of a server, by sd_notify(3). */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { NotifySocket } from './notify-socket.ts';
import { startQilin, temporaryFolder } from './server.ts';

const APP = `export const app = () => Response.json(Object.keys(process.env).filter((name) => /^(NOTIFY|WATCHDOG)_/.test(name)));
`;
const perl = tool('perl');

test.skipIf(perl.isMissing)(
  perl.named('systemd hears of the start, of reloads, of a new main process, that it lives, and of the end'),
  async () => {
    using folder = temporaryFolder();
    const file = write(folder.path, 'app.mjs', APP);
    const path = join(folder.path, 'notify');
    await using systemd = await NotifySocket.at(path);
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '600000' };
    await using server = await startQilin(['-w', '2', `${file}:app`], { env });
    const { url } = server;
    await systemd.heard(/^READY=1 STATUS=2 of 2 workers serve, generation 1( |$)/);
    expect((await ask(url)).text).toBe('[]');

    server.signal('SIGHUP');
    const reloading = await systemd.heard(/^RELOADING=1 MONOTONIC_USEC=\d+( |$)/);
    const done = await systemd.heard(/^READY=1 STATUS=2 of 2 workers serve, generation 2( |$)/, reloading);

    write(folder.path, 'app.mjs', 'throw new Error("broken deploy")');
    server.signal('SIGHUP');
    const broken = await systemd.heard(/^RELOADING=1 /, done);
    await systemd.heard(/^READY=1 STATUS=.* generation 2; the last HUP was called off: /, broken);

    write(folder.path, 'app.mjs', APP);
    const from = server.log.length;
    server.signal('SIGUSR2');
    const [, successor] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
    await server.logged(/Ready: /, from);
    expect(systemd.messages.some((message) => /MAINPID|STOPPING/.test(message))).toBe(false);
    server.signal('SIGTERM');
    const handedOver = await systemd.heard(new RegExp(`^MAINPID=${successor}$`));
    await server.logged(/Arbiter \d+ has gone/, from);
    // The new one tells all of it again, and is watched on.
    const again = await systemd.heard(/^READY=1 STATUS=2 of 2 workers serve, generation 1( |$)/, handedOver);
    await systemd.heard(/WATCHDOG=1$/, again + 1);

    process.kill(Number(successor), 'SIGTERM');
    await systemd.heard(/^STOPPING=1 /, again);
    await server.exited;
    expect(systemd.messages.filter((message) => message.includes('STOPPING=1'))).toHaveLength(1);
  },
);
