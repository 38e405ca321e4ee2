/**
 * Preloaded into every Node of `npm run sanitize` (`--import`): the native addon is taken from SANITIZED_ADDON instead
 * of its usual place. Leaves a note of each process in the folder SANITIZED_NOTES, or nobody would know that it worked.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { SANITIZED_ADDON: sanitized, SANITIZED_NOTES: notes } = process.env;
if (!sanitized || !notes) throw new Error('SANITIZED_ADDON and SANITIZED_NOTES are not set: run `npm run sanitize`.');

const { dlopen } = process;

/** @type {typeof process.dlopen} */
process.dlopen = (module, path, ...flags) => {
  const isOurs = path.endsWith('/picoev/build/Release/picoev.node');
  if (isOurs) writeFileSync(join(notes, String(process.pid)), '');
  return dlopen.call(process, module, isOurs ? sanitized : path, ...flags);
};
