/** Qilin's native kernel: listening sockets, the acceptor, and what a PID 1 must do. */
export { Acceptor, type AcceptorOptions, type AcceptorStats } from './acceptor.ts';
export { AddonMissingError } from './addon.ts';
export { setAlarm } from './alarm.ts';
export {
  addressOf,
  closeFd,
  type InheritedAddress,
  type ListenAddress,
  type ListenOptions,
  listen,
  type TcpAddress,
  type UnixAddress,
} from './listen.ts';
export { reapOrphans } from './orphans.ts';
export { SocketError } from './socket-error.ts';
