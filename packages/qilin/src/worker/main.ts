/** Entry of a worker's process: hears its arbiter and the signals, and exits with what the worker says. */
import { setFlagsFromString } from 'node:v8';
import type { ArbiterMessage, WorkerMessage } from '../contract/messages.ts';
import { Worker } from './worker.ts';

// V8's young generation reaches its size of 16 MiB in one step instead of four, the last of which comes after half a million
// requests: over 2 million, resident memory was level from the first tenth on, where it grew by 20 % in the fourth before.
setFlagsFromString('--semi-space-growth-factor=16');

/** Resolves when the message is in the channel, or when there is nobody left to hear it. */
function send(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

const worker = new Worker(send);

process.on('SIGTERM', () => worker.drain('SIGTERM'));
process.on('SIGINT', () => worker.quit());
process.on('SIGQUIT', () => worker.quit());
process.on('SIGABRT', () => worker.abort());
process.on('SIGUSR1', () => worker.reopenLogs());
// A terminal sends these to the whole process group; they are for the arbiter to act on.
process.on('SIGHUP', () => {});
process.on('SIGUSR2', () => {});
process.on('uncaughtException', (error, origin) => worker.fail(error, origin));
process.on('disconnect', () => worker.drain('the arbiter has gone'));
process.on('message', (message: ArbiterMessage) => {
  if (message.type === 'boot') worker.boot(message);
  else worker.reopenLogs();
});

process.exit(await worker.finished);
