/** Stands for a native loop that is closed: asked by whoever hears late of its end, it answers as the types say. */
import { constants } from 'node:os';
import type { NativeHttpLoop } from './addon.ts';
import { FAULT } from './wire.ts';

/** @param last Its counts. */
export function closedLoop(last: ReturnType<NativeHttpLoop['stats']>): NativeHttpLoop {
  const nothing = (): undefined => undefined;
  return {
    accept: () => ({ syscall: 'accept', errno: -constants.errno.EBADF, code: 'EBADF', reason: 'the loop is closed' }),
    stopAccepting: nothing,
    acceptRest: () => 0,
    flush: nothing,
    write: nothing,
    readBody: nothing,
    pauseBody: nothing,
    abort: nothing,
    endConnection: nothing,
    detach: nothing,
    freePlace: nothing,
    sendAllPending: nothing,
    closeSilent: nothing,
    closeIdle: nothing,
    cutAll: nothing,
    close: nothing,
    peer: nothing,
    local: nothing,
    expectProxies: nothing,
    follow: () => false,
    tellConnections: nothing,
    tellRefusals: nothing,
    takeExpectations: nothing,
    takeWithoutHost: nothing,
    takeUpgradesWithoutHost: nothing,
    refuseBarely: nothing,
    refusalFault: () => ({ kind: FAULT.RULE, reason: '' }),
    received: () => 0,
    sent: () => 0,
    waiting: () => 0,
    hasBehind: () => false,
    stats: () => last,
  };
}
