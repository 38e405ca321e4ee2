/**
 * Class `sync`: one request at a time in each worker, as Gunicorn's default class: one connection, one request, closed. A
 * request longer than `timeout` ends the worker.
 */
import type { WorkerClassFactory } from '../../contract/worker-class.ts';
import { NodeEngine } from '../node-http/node-engine.ts';

export const workerClass: WorkerClassFactory = (context) =>
  new NodeEngine(context, { connections: 1, oneRequestAConnection: true });
