/**
 * The files that a worker and a thread begin with. In the bundle as here: what is not begun with lies one folder deep in dist, as this
 * file does in src.
 */
import { fileURLToPath } from 'node:url';

const inDist = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const WORKER_ENTRY = inDist('worker/main.js');
export const THREAD_ENTRY = inDist('worker/threads/main.js');
