/** Every setting that is a number, at and beyond the ends of its range, from every source. */
import { describe, expect, test } from 'vitest';
import type { PlainName } from '../../src/settings/config.ts';
import { loadSettings } from '../../src/settings/merge.ts';
import { PLAIN_NAMES, ROWS } from '../../src/settings/names.ts';

interface Range {
  readonly name: PlainName;
  readonly flag: string;
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  /** Beside the range: 0 of a duration. */
  readonly others: readonly unknown[];
}

/** By the schema that editors get. */
function rangeOf(name: PlainName): Range | undefined {
  const { kind, flags } = ROWS[name];
  const { anyOf } = Object(kind.schema);
  const alternatives: readonly unknown[] = Array.isArray(anyOf) ? anyOf : [kind.schema];
  for (const schema of alternatives) {
    const { type, minimum, maximum = Number.MAX_SAFE_INTEGER } = Object(schema);
    if (type !== 'integer' && type !== 'number') continue;
    if (typeof minimum !== 'number' || typeof maximum !== 'number') throw new Error(`${name} has no range.`);
    const others = alternatives.flatMap((other) => ('const' in Object(other) ? [Object(other).const] : []));
    return { name, flag: flags.at(-1) ?? '', min: minimum, max: maximum, isWhole: type === 'integer', others };
  }
  return undefined;
}

/**
 * A mask is written in octal digits, and its range is three of them: kinds.test.ts has it. Amounts of memory are written with units:
 * worker-heap.test.ts.
 */
const WRITTEN_OTHERWISE: readonly PlainName[] = ['umask', 'heapLimit', 'maxMemory'];
const RANGES = PLAIN_NAMES.filter((name) => !WRITTEN_OTHERWISE.includes(name)).flatMap((name) => rangeOf(name) ?? []);

/** What a setting becomes when it is given this value by each source, or the sentence of its refusal. */
async function fromEverySource({ name, flag }: Range, value: number): Promise<readonly unknown[]> {
  // Other settings must not stand in the way: as many connections as threads.
  const others = name === 'workerConnections' ? [] : ['--worker-connections', '1024'];
  const argv = [...others, 'app'];
  const text = value.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 20 });
  const results = await Promise.all([
    loadSettings({ argv: [...argv, flag, text], env: {}, cwd: '/' }),
    loadSettings({ argv, env: { QILIN_CMD_ARGS: `${flag} ${text}` }, cwd: '/' }),
    loadSettings({ argv, env: {}, cwd: '/', options: { [name]: value } }),
  ]);
  return results.map((result) => {
    if (!result.ok) return result.errors.map(({ message }) => message).join('\n');
    if (!('config' in result)) throw new Error(`got ${result.command}`);
    return result.config[name];
  });
}

test('these settings are numbers', () => {
  expect(RANGES.map(({ name, min, max }) => `${name} ${min} to ${max}`)).toMatchInlineSnapshot(`
    [
      "backlog 1 to 2147483647",
      "workers 0 to 10000",
      "threads 1 to 1024",
      "workerConnections 1 to 1048576",
      "maxRequests 0 to 9007199254740991",
      "maxRequestsJitter 0 to 9007199254740991",
      "maxAge 0.001 to 2000000",
      "maxAgeJitter 0.001 to 2000000",
      "timeout 0.001 to 2000000",
      "stallWarning 0.001 to 2000000",
      "bootTimeout 0.001 to 2000000",
      "gracefulTimeout 0.001 to 2000000",
      "drainGenerations 1 to 1000",
      "keepalive 0.001 to 2000000",
      "limitRequestLine 0 to 1048576",
      "limitRequestFields 0 to 1024",
      "limitRequestFieldSize 0 to 1048576",
      "limitRequestBody 0 to 9007199254740991",
      "headersTimeout 0.001 to 2000000",
      "bodyTimeout 0.001 to 2000000",
      "sendTimeout 0.001 to 2000000",
      "responseTimeout 0.001 to 2000000",
      "requestTimeout 0.001 to 2000000",
      "queueTimeout 0 to 3600000",
      "staticMaxAge 0 to 31536000",
      "compressMinimum 0 to 9007199254740991",
      "compressLevel 0 to 9",
      "drainDelay 0.001 to 2000000",
      "websocketDrain 0.001 to 2000000",
      "hookTimeout 0.001 to 2000000",
      "http2MaxStreams 1 to 2147483647",
    ]
  `);
});

describe.each(RANGES)('$name, from $min to $max', (range) => {
  const { name, min, max, isWhole, others } = range;
  const step = isWhole ? 1 : 0.0001;

  test.each([min, max, ...others.filter((other) => typeof other === 'number')])('takes %d', async (value) => {
    expect(await fromEverySource(range, value)).toEqual([value, value, value]);
  });

  const beyond = max === Number.MAX_SAFE_INTEGER ? [] : [max + 1];
  const refused = [min - step, ...beyond, 2 ** 53, 1e21, -1, ...(isWhole ? [min + 0.5] : [])];
  test.each(refused)('refuses %d, with its range', async (value) => {
    for (const said of await fromEverySource(range, value)) {
      expect(said).toContain(`${name} must be ${ROWS[name].kind.expected} (got `);
      expect(said).toContain(String(min));
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, String(min), null, true])(
    'refuses %s in a file',
    async (value) => {
      const result = await loadSettings({ argv: ['app'], env: {}, cwd: '/', options: { [name]: value } });
      expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
        expect.stringContaining(`${name} must be ${ROWS[name].kind.expected}`),
      ]);
    },
  );

  test.each(['', 'NaN', 'Infinity', '0x10', '1e3', '1_000', ' 5'])('refuses the text %j', async (text) => {
    const result = await loadSettings({ argv: ['app', `${range.flag}=${text}`], env: {}, cwd: '/' });
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${name} must be ${ROWS[name].kind.expected} (got ${JSON.stringify(text)})`),
    ]);
  });
});
