/** The kinds of the settings `bind` and `adminBind`: addresses as text and as `Address`, or one for each worker. */
import { isIP, isIPv6 } from 'node:net';
import { type Address, type Bind, formatAddress } from '../contract/address.ts';
import { bad, type Checked, good, type Kind } from './kinds.ts';
import { list } from './list-kinds.ts';

/** Gunicorn's port, for a host without one. */
const DEFAULT_PORT = 8000;
/** Where a port without a host listens, as in Gunicorn: on every interface. */
const EVERY_INTERFACE = '0.0.0.0';
/** And where one does that is not meant for everybody. */
const LOOPBACK = '127.0.0.1';

function tcp(host: string, port: string, text: string): Checked<Address> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return bad(text);
  return good({ kind: 'tcp', host: host === '' ? EVERY_INTERFACE : host, port: Number(port) });
}

/** A name of the DNS, or an IPv4 address; digits and dots alone must be a true address. */
function isHost(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIP(host) !== 0;
  return host.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(host);
}

/** What stands for a worker's number, in a port or the path of a unix socket. */
const WORKER = '{worker}';

/** Reads `HOST:PORT`, `HOST`, `[V6]:PORT`, `[V6]`, `:PORT`, `PORT`, `tcp://…`, `unix:PATH` or `fd://N`. */
export function readAddress(text: string): Checked<Address> {
  if (text !== text.trim() || text.includes(',')) return bad(text);
  const unix = /^unix:(?:\/\/)?(.+)$/s.exec(text)?.[1];
  // One leading slash says the same as many, and `unix:` followed by two would be read as `unix://`.
  if (unix !== undefined)
    return unix.includes('\0') ? bad(text) : good({ kind: 'unix', path: unix.replace(/^\/+/, '/') });
  const fd = /^fd:\/\/(\d{1,6})$/.exec(text)?.[1];
  if (fd !== undefined) return good({ kind: 'fd', fd: Number(fd) });
  const rest = text.replace(/^tcp:\/\//, '');
  if (/^\d+$/.test(rest)) return tcp('', rest, text);
  const six = /^\[(.*)\](?::(\d+))?$/.exec(rest);
  if (six !== null) return isIPv6(six[1] ?? '') ? tcp(six[1] ?? '', six[2] ?? String(DEFAULT_PORT), text) : bad(text);
  const [host = '', port = String(DEFAULT_PORT), ...more] = rest.split(':');
  const hostFits = host === '' ? rest.startsWith(':') : isHost(host);
  return hostFits && more.length === 0 ? tcp(host.toLowerCase(), port, text) : bad(text);
}

/** As systemd.socket(5) has it for FileDescriptorName=; digits alone are a descriptor's number. */
const NAMED = /^fd:\/\/(?!\d+$)([!-+\--9;-~]{1,255})$/;

function readBind(text: string): Checked<Bind> {
  const name = NAMED.exec(text)?.[1];
  if (name !== undefined) return name.includes(WORKER) ? bad(text) : good({ kind: 'named', name });
  if (!text.includes(WORKER)) return readAddress(text);
  const first = readAddress(text.replaceAll(WORKER, '1'));
  const second = readAddress(text.replaceAll(WORKER, '2'));
  if (!first.ok || !second.ok) return bad(text);
  const [one, two] = [first.value, second.value];
  const isOfWorkers = one.kind === 'unix' || (one.kind === 'tcp' && two.kind === 'tcp' && one.host === two.host);
  return isOfWorkers ? good({ kind: 'eachWorker', text }) : bad(text);
}

/** The address of that worker, or of all; undefined where its number makes none, such as a port beyond 65535, and for a name. */
export function addressFor(bind: Bind, worker: number): Address | undefined {
  if (bind.kind === 'named') return undefined;
  if (bind.kind !== 'eachWorker') return bind;
  const read = readAddress(bind.text.replaceAll(WORKER, String(worker)));
  return read.ok ? read.value : undefined;
}

export function binds(): Kind<readonly Bind[], string | number | readonly (string | number)[]> {
  return list<Bind, string | number>({
    expected: 'HOST:PORT, [IPV6]:PORT, PORT, unix:PATH, fd://N or fd://NAME',
    placeholder: 'ADDRESS',
    separator: ',',
    min: 1,
    numbers: true,
    read: readBind,
    write: formatAddress,
  });
}

/** One address, for the operator alone: `PORT` without a host is loopback's. */
export function adminAddress(): Kind<Address, string | number> {
  const read = (text: string): Checked<Address> => {
    const address = readAddress(/^\d+$/.test(text) ? `${LOOPBACK}:${text}` : text);
    return address.ok && address.value.kind !== 'fd' ? address : bad(text);
  };
  return {
    expected: 'HOST:PORT, [IPV6]:PORT, PORT or unix:PATH',
    placeholder: 'ADDRESS',
    repeatable: false,
    schema: { type: ['string', 'integer'] },
    parse: (texts) => read(texts.at(-1) ?? ''),
    check: (value) => (typeof value === 'string' || typeof value === 'number' ? read(String(value)) : bad(value)),
    print: (value) => [formatAddress(value)],
  };
}
