/** Class `picoev`: the native engine, many requests at once at the least cost. Also `meinheld`. */
import type { WorkerClassFactory } from '../../contract/worker-class.ts';
import { NativeEngine } from '../native/native-engine.ts';

export const workerClass: WorkerClassFactory = (context) => new NativeEngine(context);
