/** Qilin's native kernel: listening sockets, the acceptor, the HTTP engine, and what a PID 1 must do. */
export { Acceptor, type AcceptorOptions, type AcceptorStats } from './acceptor.ts';
export { AddonMissingError } from './addon.ts';
export { setAlarm } from './alarm.ts';
export { knowsOwners } from './app-scope.ts';
export { sendDatagram } from './datagram.ts';
export type { BodySink, Connection, Detached, Endpoint, Exchange, Fault, FetchExchange, Refusal } from './exchange.ts';
export { currentExchange } from './http-exchange.ts';
export { HttpLoop, type HttpLoopHandlers, type HttpLoopStats } from './http-loop.ts';
export { HTTP_LOOP_RANGES, type HttpLoopOptions, type MultiplexerName, type TimersName } from './http-loop-options.ts';
export {
  addressOf,
  closeFd,
  duplicateFd,
  type InheritedAddress,
  type ListenAddress,
  type ListenOptions,
  listen,
  type TcpAddress,
  type UnixAddress,
} from './listen.ts';
export { OrphanReaper } from './orphans.ts';
export { ProxyGate, type ProxyGateHandlers } from './proxy-gate.ts';
export { measureQueue, takeConnection } from './queue.ts';
export { Remembered } from './remembered.ts';
export { SocketError } from './socket-error.ts';
export { type StallLimits, watchStalls } from './stalls.ts';
export { shortenTimeSlice } from './time-slice.ts';
export { FAULT, type FaultKind } from './wire.ts';
export { writeNow } from './write-now.ts';
