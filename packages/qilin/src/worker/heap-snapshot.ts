/**
 * A file for a snapshot of a heap: one a day, by its name, whichever worker comes first; never one that is there already, nor what a
 * link points to; for its owner alone, since a heap holds the app's secrets.
 */
import { closeSync, constants, fstatSync, unlinkSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { hasCode } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import { inFolder, openInFolder } from '../files/in-folder.ts';
import { whyNot } from '../files/why-not.ts';
import { mebibytes } from './heap-use.ts';

export interface SnapshotFile {
  readonly path: string;
  readonly fd: number;
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** V8 held as many times the heap while it wrote one of two million small objects, the worst that was measured. */
export const TIMES_THE_HEAP = 25;

/**
 * Undefined where there is to be none: today's is there, or memory would not suffice, or the system says no, both of which are told.
 * @param heap Bytes in use of the one that is to be written.
 */
export function openSnapshotFile(
  folder: string,
  procName: string,
  heap: number,
  log: Log,
  now = new Date(),
): SnapshotFile | undefined {
  const name = procName.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'qilin';
  const path = join(folder, `${name}-${now.toISOString().slice(0, 10)}.heapsnapshot`);
  // Node has it since 20.13.
  const [needed, available] = [heap * TIMES_THE_HEAP, process.availableMemory?.() ?? freemem()];
  if (needed > available) {
    const left = `${mebibytes(available)} are left`;
    log.warning(`No heap snapshot: one of ${mebibytes(heap)} may take ${mebibytes(needed)} of memory, and ${left}`);
    return undefined;
  }
  try {
    return { path, fd: openInFolder(path, NEW_FILE, 0o600) };
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) log.error(`No heap snapshot: ${whyNot(path, error)} (${path})`);
    return undefined;
  }
}

/**
 * Of the heap that this code lives in. Nothing else happens in this thread until it is done. By descriptor: whoever may rename files
 * in the folder cannot turn it elsewhere.
 */
export function writeSnapshot(fd: number): void {
  dieFirst();
  writeHeapSnapshot(`/dev/fd/${fd}`);
}

/** Should memory not suffice after all, it is this process that the kernel ends, which serves nobody any more. */
function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Another system than Linux.
  }
}

/** Removes one that is not whole, or into which nothing was written: it would be today's. @returns whether it stays */
export function closeSnapshotFile({ path, fd }: SnapshotFile, isWhole: boolean): boolean {
  const stays = isWhole && fstatSync(fd).size > 0;
  closeSync(fd);
  if (!stays) removeSnapshotFile(path);
  return stays;
}

/** Its folder may have gone. */
export function removeSnapshotFile(path: string): void {
  try {
    inFolder(path, unlinkSync);
  } catch {
    // An empty file in its place is the reason for none today, and no harm.
  }
}
