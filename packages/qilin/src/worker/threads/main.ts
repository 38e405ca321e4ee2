/** Entry of a thread: hears its worker, and ends with the status that the thread says. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadOrder, ThreadReport, ThreadStart } from './messages.ts';
import { Thread } from './thread.ts';

const start: ThreadStart = workerData;
const thread = new Thread(start, (report: ThreadReport) => parentPort?.postMessage(report));

process.on('uncaughtException', (error, origin) => thread.fail(error, origin));
parentPort?.on('message', (order: ThreadOrder) => thread.obey(order));
void thread.boot();

// In a thread this ends the thread alone, and has it run its `exit` handlers.
process.exit(await thread.finished);
