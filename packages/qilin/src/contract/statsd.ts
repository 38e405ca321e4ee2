/** Where figures are sent to a StatsD server, and how they are written: https://github.com/statsd/statsd/blob/master/docs/metric_types.md. Pure. */

export type StatsdAddress =
  | { readonly kind: 'udp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface StatsdSettings {
  /** null for nowhere. */
  readonly statsdHost: StatsdAddress | null;
  readonly statsdPrefix: string;
  /** `env:prod`, as DogStatsD takes them. */
  readonly dogstatsdTags: readonly string[];
}

export const STATSD_EXPECTED = 'HOST:PORT, [IPV6]:PORT or unix:PATH';

/** `unix://PATH`, as Gunicorn writes it, is the same as `unix:PATH`. */
export function parseStatsdAddress(text: string): StatsdAddress | undefined {
  const [, path] = /^unix:(?:\/\/)?([^\0]+)$/.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', path };
  const [, name, six, port] = /^(?:([^\s:/[\]]+)|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const host = name ?? six;
  if (host === undefined || port === undefined || Number(port) === 0 || Number(port) > 65_535) return undefined;
  return { kind: 'udp', host, port: Number(port) };
}

export function formatStatsdAddress(address: StatsdAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** What may stand in a name, and in a tag, without being taken for something else. */
export const isStatsdPrefix = (text: string): boolean => /^[A-Za-z0-9_.-]*$/.test(text);
export const isStatsdTag = (text: string): boolean => /^[^\s|,#@]+$/.test(text);

export interface StatsdMetric {
  readonly name: string;
  readonly value: number;
  /** Counter, gauge or milliseconds. */
  readonly type: 'c' | 'g' | 'ms';
  /** The part of all that was measured, where it is not all. */
  readonly rate?: number;
}

/** Makes a line of each, with the prefix and the tags of the settings. */
export function statsdLines(
  { statsdPrefix, dogstatsdTags }: Pick<StatsdSettings, 'statsdPrefix' | 'dogstatsdTags'>,
  metrics: readonly StatsdMetric[],
): readonly string[] {
  const prefix = statsdPrefix === '' ? '' : `${statsdPrefix.replace(/\.+$/, '')}.`;
  const tags = dogstatsdTags.length === 0 ? '' : `|#${dogstatsdTags.join(',')}`;
  return metrics.map(({ name, value, type, rate = 1 }) => {
    const sampled = rate < 1 ? `|@${Number(rate.toPrecision(3))}` : '';
    return `${prefix}gunicorn.${name}:${value}|${type}${sampled}${tags}`;
  });
}

/** Lines that go together into a datagram, which is to be sent in one packet of Ethernet. */
const LONGEST_DATAGRAM = 1_432;

export function datagramsOf(lines: readonly string[]): readonly string[] {
  const datagrams: string[] = [];
  for (const line of lines) {
    const last = datagrams.at(-1);
    if (last !== undefined && Buffer.byteLength(last) + Buffer.byteLength(line) + 1 <= LONGEST_DATAGRAM)
      datagrams[datagrams.length - 1] = `${last}\n${line}`;
    else datagrams.push(line);
  }
  return datagrams;
}
