/** A call of `server.listen()`: what it asks for, in all the forms that Node documents, and how well that fits what Qilin is bound to. Pure. */
import type { Server } from 'node:net';
import type { Address } from '../contract/address.ts';

export interface ListenCall {
  /** 0 for any free port; undefined where none was given; NaN for a path, a descriptor, a handle. */
  readonly port: number | undefined;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** With the server as its `this`, as Node's, which is a listener to 'listening'. */
  readonly callback: ((this: Server) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** (port, host, backlog), (options), (path), (handle). */
export function readListen(args: readonly unknown[]): ListenCall {
  const last = args.at(-1);
  const callback =
    typeof last === 'function'
      ? function told(this: Server): void {
          Reflect.apply(last, this, []);
        }
      : undefined;
  const [first, second] = args;
  if (typeof first !== 'object' || first === null) {
    const isPort = first === undefined || first === null || typeof first === 'function';
    const host = typeof second === 'string' ? second : undefined;
    return { port: isPort ? undefined : Number(first), host, callback, signal: undefined };
  }
  const options: { port?: unknown; host?: unknown; signal?: unknown } = first;
  const signal = options.signal instanceof AbortSignal ? options.signal : undefined;
  const host = typeof options.host === 'string' ? options.host : undefined;
  if (!('port' in options)) return { port: Number.NaN, host, callback, signal };
  return { port: options.port == null ? undefined : Number(options.port), host, callback, signal };
}

/**
 * How a server is meant, by where it wants to listen, the better the higher: at any port that is free, which nobody knows but the
 * program itself; only for this machine; somewhere; just where Qilin does.
 */
export const CLAIM = { FREE: 0, PRIVATE: 1, ANY: 2, QILINS: 3 } as const;
export type Claim = (typeof CLAIM)[keyof typeof CLAIM];

export function claimOf(call: ListenCall, addresses: readonly Address[]): Claim {
  if (addresses.some((address) => address.kind === 'tcp' && address.port === call.port)) return CLAIM.QILINS;
  if (call.port === 0) return CLAIM.FREE;
  return isLocal(call) ? CLAIM.PRIVATE : CLAIM.ANY;
}

/** For this machine alone, where Qilin serves others. */
export function isPrivate(call: ListenCall, addresses: readonly Address[]): boolean {
  return isLocal(call) && addresses.some((address) => address.kind === 'tcp' && !isLoopback(address.host));
}

const isLocal = ({ host }: ListenCall): boolean => host !== undefined && isLoopback(host);

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1|::ffff:127(?:\.\d+){3})$/i.test(host);

/** For messages. */
export function wanted({ port, host }: ListenCall): string {
  if (port === undefined || Number.isNaN(port)) return 'an address of its own';
  return host === undefined ? `port ${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
