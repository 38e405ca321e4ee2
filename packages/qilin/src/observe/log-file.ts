/** How a log file is opened: at once, whatever is in its place, and as nothing else than what a log can be written to. */
import { closeSync, constants, fchownSync, fstatSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { hasCode, QilinError } from '../contract/errors.ts';
import { openInFolder } from '../files/in-folder.ts';
import { whyNot } from '../files/why-not.ts';

/** Whose file it is to be. What is undefined stays as it is. */
export interface FileOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const FILE_MODE = 0o644;
/** Without waiting for a reader of a FIFO, and never so that a terminal becomes the one of this process. */
const AT_ONCE = constants.O_NONBLOCK | constants.O_NOCTTY;
const APPEND = constants.O_WRONLY | constants.O_APPEND | AT_ONCE;

/**
 * The descriptor of this process that a name stands for, when it is one of a standard stream. That is used as it is: it cannot
 * be opened anew when it is a socket, as under systemd, or another user's, as under `su`.
 */
export function standardStream(path: string): 1 | 2 | undefined {
  const name = /^\/dev\/(stdout|stderr)$|^\/(?:dev|proc\/self)\/fd\/([12])$/.exec(path);
  return name === null ? undefined : name[1] === 'stdout' || name[2] === '1' ? 1 : 2;
}

/**
 * Opens a file, a FIFO or a terminal to append lines to; what is not there yet becomes a file. Does not wait: a FIFO is
 * opened for reading too, so that it takes lines before its reader comes, and while that is away (fifo(7)).
 * @throws QilinError LOG_FILE
 */
export function openLogFile(path: string): number {
  const full = resolve(path);
  try {
    return checked(openAtOnce(full));
  } catch (error) {
    throw refusal(full, error);
  }
}

/**
 * Makes a log file its owner's before that one opens it; creates what is not there. Only root can do so.
 * @throws QilinError LOG_FILE
 */
export function giveLogFile(path: string, { uid, gid }: FileOwner): void {
  const fd = openLogFile(path);
  try {
    const found = fstatSync(fd);
    const owner = { uid: uid ?? found.uid, gid: gid ?? found.gid };
    const isOwned = found.uid === owner.uid && found.gid === owner.gid;
    if (!isOwned && (found.isFile() || found.isFIFO())) fchownSync(fd, owner.uid, owner.gid);
  } catch (error) {
    throw refusal(resolve(path), error);
  } finally {
    closeSync(fd);
  }
}

function openAtOnce(path: string): number {
  let fd: number | undefined;
  try {
    fd = openOrCreate(path);
    if (!fstatSync(fd).isFIFO()) return fd;
  } catch (error) {
    // So answers a FIFO without a reader.
    if (!hasCode(error, 'ENXIO')) throw error;
  }
  return openBothWays(path, fd);
}

/** What is there is opened without O_CREAT: with it, root may not open another's file in /tmp (fs.protected_regular). */
function openOrCreate(path: string): number {
  try {
    return openInFolder(path, APPEND);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return openInFolder(path, APPEND | constants.O_CREAT, FILE_MODE);
  }
}

/** @param toWrite The same FIFO opened for writing alone, which is kept where reading is not allowed. */
function openBothWays(path: string, toWrite: number | undefined): number {
  try {
    const fd = openInFolder(path, constants.O_RDWR | AT_ONCE);
    if (toWrite !== undefined) closeSync(toWrite);
    return fd;
  } catch (error) {
    if (toWrite === undefined) throw error;
    return toWrite;
  }
}

/** The descriptor, or none: closed again when it is not what was meant. */
function checked(fd: number): number {
  const wrong = faultOf(fstatSync(fd));
  if (wrong === undefined) return fd;
  closeSync(fd);
  throw new Error(wrong);
}

function faultOf(found: Stats): string | undefined {
  if (!found.isFile() && !found.isFIFO() && !found.isCharacterDevice()) return 'it is no file, FIFO or terminal';
  // By a second name, somebody who may not write a file can have put it where root writes it, or gives it away.
  const byAnotherName = process.geteuid?.() === 0 && !found.isCharacterDevice() && found.nlink > 1;
  return byAnotherName ? `it has ${found.nlink} names (hard links), and root writes to none such` : undefined;
}

function refusal(path: string, error: unknown): QilinError {
  return new QilinError('LOG_FILE', `The log file "${path}" cannot be opened: ${whyNot(path, error)}.`);
}
