/** Entry of a worker's process: hears its arbiter, the signals and the app's own exits, and exits with what the worker says. */
import { setFlagsFromString } from 'node:v8';
import { holdExits, onUncaught, whenIdle } from './app-exits.ts';
import { AppSignals } from './app-signals.ts';
import { openChannel } from './channel.ts';
import { Worker } from './worker.ts';

// V8's young generation reaches its size of 16 MiB in one step instead of four, the last of which comes after half a million
// requests: over 2 million, resident memory was level from the first tenth on, where it grew by 20 % in the fourth before.
setFlagsFromString('--semi-space-growth-factor=16');

const channel = openChannel({
  onMessage: (message) => {
    if (message.type === 'boot') worker.boot(message);
    else if (message.type === 'serverEnds') worker.serverEnds();
    else if (message.type === 'reopenLogs') worker.reopenLogs();
    else if (message.type === 'onceRun' || message.type === 'onceDone') worker.once(message);
    else if (message.type === 'tellMetrics') void worker.tellMetrics(message.scrape);
    else worker.look(message);
  },
  onGone: () => {
    worker.serverEnds();
    worker.drain('the arbiter has gone', 'SIGTERM');
  },
});
const worker = new Worker({
  send: channel.send,
  callHandlers: (signal) => signals.deliver(signal),
  whenIdle: () => whenIdle(channel.keepAlive),
});

const signals = new AppSignals((signal, isOwn) => {
  if (signal === 'SIGTERM') worker.drain(isOwn ? 'its app has sent itself SIGTERM' : signal, signal, isOwn);
  else worker.quit(signal, isOwn);
});
const exit = holdExits({
  mayExit: (status, call) => worker.mayExit(status, call),
  onWish: (status) => worker.exitAsked(status),
});

process.on('SIGABRT', () => worker.abort());
process.on('SIGUSR1', () => worker.reopenLogs());
// A terminal sends these to the whole process group; they are for the arbiter to act on.
process.on('SIGHUP', () => {});
process.on('SIGUSR2', () => {});
onUncaught((error, origin) => worker.fail(error, origin));

exit(await worker.finished);
