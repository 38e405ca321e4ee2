/** `--check-config`: has a worker load the app, without a socket to serve it on. */
import { toMilliseconds } from '../contract/units.ts';
import type { Config } from '../settings/config.ts';
import { withoutInspector } from './crew.ts';
import { resolvePrivileges } from './privileges.ts';
import { WorkerHandle } from './worker-handle.ts';

/**
 * What is wrong with the app, or undefined.
 * @throws QilinError PRIVILEGES
 */
export async function checkApp(config: Config): Promise<string | undefined> {
  const { bootTimeout } = config;
  const privileges = await resolvePrivileges(config.user, config.group);
  return new Promise((resolve) => {
    let problem: string | undefined = 'the app ended the process while it was loaded';
    let isReady = false;
    const worker = new WorkerHandle(
      { age: 1, place: 1, generation: 1, config: withoutInspector(config), privileges, sockets: [], isOnTrial: true },
      {
        onMessage: (_, message) => {
          if (message.type === 'bootFailed') problem = message.text;
          if (message.type !== 'ready') return;
          isReady = true;
          worker.signal('SIGINT');
        },
        onStall: () => {},
        onNonsense: () => {},
        onExit: (_, { error }) => {
          clearTimeout(late);
          if (error !== undefined) problem = `the app cannot be tried: ${error.message}`;
          resolve(isReady ? undefined : problem);
        },
      },
    );
    const giveUp = () => {
      problem = `the app was not ready after ${bootTimeout} s (bootTimeout): does it await something that never comes?`;
      worker.signal('SIGKILL');
    };
    const late = bootTimeout === 0 ? undefined : setTimeout(giveUp, toMilliseconds(bootTimeout));
  });
}
