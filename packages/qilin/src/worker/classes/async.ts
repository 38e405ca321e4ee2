/** Class `async`: Node's own event loop and HTTP stack, many requests at once. Also `gevent`, `eventlet`, `tornado`. */
import type { WorkerClassFactory } from '../../contract/worker-class.ts';
import { NodeEngine } from '../node-http/node-engine.ts';

export const workerClass: WorkerClassFactory = (context) =>
  new NodeEngine(context, { connections: context.config.workerConnections, oneRequestAConnection: false });
