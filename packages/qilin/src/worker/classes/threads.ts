/**
 * Class `threads`: several threads in each worker, each an event loop with an app of its own on one of the classes that serve
 * many requests at once. Also `gthread`, and `sync` with more than one thread.
 */
import type { AppHostFactory } from '../../contract/worker-class.ts';
import { ThreadPool } from '../threads/pool.ts';

export const workerClass: AppHostFactory = (context) => new ThreadPool(context);
