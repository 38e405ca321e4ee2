/**
 * `import 'qilin/patch'` in a program says: the server on which I call `listen()` is my app, and I do call it, however
 * long I take and whatever else this module exports. Under plain `node` it changes nothing.
 */
import { requestCapture } from './intercept.ts';

requestCapture();
