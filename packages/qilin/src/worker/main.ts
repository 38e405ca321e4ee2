/** Entry of a worker's process: hears its arbiter and the signals, and exits with what the worker says. */
import { setFlagsFromString } from 'node:v8';
import { openChannel } from './channel.ts';
import { Worker } from './worker.ts';

// V8's young generation reaches its size of 16 MiB in one step instead of four, the last of which comes after half a million
// requests: over 2 million, resident memory was level from the first tenth on, where it grew by 20 % in the fourth before.
setFlagsFromString('--semi-space-growth-factor=16');

const channel = openChannel({
  onMessage: (message) => {
    if (message.type === 'boot') void worker.boot(message);
    else worker.reopenLogs();
  },
  onGone: () => void worker.drain('the arbiter has gone'),
});
const worker = new Worker(channel.send);

process.on('SIGTERM', () => worker.drain('SIGTERM'));
process.on('SIGINT', () => worker.quit());
process.on('SIGQUIT', () => worker.quit());
process.on('SIGABRT', () => worker.abort());
process.on('SIGUSR1', () => worker.reopenLogs());
// A terminal sends these to the whole process group; they are for the arbiter to act on.
process.on('SIGHUP', () => {});
process.on('SIGUSR2', () => {});
process.on('uncaughtException', (error, origin) => worker.fail(error, origin));

process.exit(await worker.finished);
