/** `--check-config`: has a worker load the app, without a socket to serve it on. */
import type { Config } from '../settings/config.ts';
import { resolvePrivileges } from './privileges.ts';
import { WorkerHandle } from './worker-handle.ts';

/** What is wrong with the app, or undefined. */
export function checkApp(config: Config): Promise<string | undefined> {
  return new Promise((resolve) => {
    let problem: string | undefined = 'the app ended the process while it was loaded';
    new WorkerHandle(
      {
        age: 1,
        generation: 1,
        config,
        sockets: [],
        env: { ...process.env, ...config.rawEnv },
        ...resolvePrivileges(config.user, config.group),
      },
      {
        onMessage: (worker, message) => {
          if (message.type === 'bootFailed') problem = message.text;
          if (message.type !== 'ready') return;
          problem = undefined;
          worker.signal('SIGINT');
        },
        onNonsense: () => {},
        onExit: () => resolve(problem),
      },
    );
  });
}
