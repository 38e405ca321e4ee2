/** Entry of a thread: hears its worker and the app's own exits, and ends with the status that the thread says. */
import { parentPort, workerData } from 'node:worker_threads';
import { wholeConfig } from '../../contract/worker-config.ts';
import { holdExits, onUncaught, whenIdle } from '../app-exits.ts';
import type { ThreadOrder, ThreadReport, ThreadStart } from './messages.ts';
import { Thread } from './thread.ts';
import { holdFolder } from './working-folder.ts';

const said: ThreadStart = workerData;
const thread = new Thread(
  { ...said, config: wholeConfig(said.config) },
  (report: ThreadReport) => parentPort?.postMessage(report),
  () => whenIdle((stays) => (stays ? parentPort?.ref() : parentPort?.unref())),
);

// In a thread this ends the thread alone, and has it run its `exit` handlers.
const exit = holdExits({
  mayExit: (status, call) => thread.mayExit(status, call),
  onWish: (status) => thread.exitAsked(status),
});

onUncaught((error, origin) => thread.fail(error, origin));
parentPort?.on('message', (order: ThreadOrder) => thread.obey(order));
holdFolder();
thread.boot();

exit(await thread.finished);
