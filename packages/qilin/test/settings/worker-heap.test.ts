/** The heap of a worker where memory is limited: the rule of docs/memory.md by its figures, and who comes before it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heapFlags, heapOfThread } from '../../src/contract/heap.ts';
import { loadSettings } from '../../src/settings/merge.ts';
import { complaints, folder, loaded } from './load.ts';

const MIB = 2 ** 20;

/** Mebibytes in, mebibytes out. */
async function heap(limit: number, flags: string, more: Parameters<typeof loaded>[0] = {}): Promise<number> {
  const argv = [...flags.split(' ').filter((word) => word !== ''), 'app'];
  return (await loaded({ ...more, argv, memory: { group: limit * MIB } })).config.heapLimit / MIB;
}

describe('heapLimit = auto', () => {
  test.each([
    [256, '-w 2', 40],
    [512, '-w 2', 147],
    [512, '-w 1', 294],
    [1024, '-w 2', 339],
    [1024, '-w 4', 169],
    [4096, '-w 2', 1491],
    [4096, '-w 8', 372],
    [512, '-w 1 -k threads --threads 2', 294],
    [512, '-w 2 -k threads --threads 2', 132],
    [512, '-w 2 -k sync --threads 2', 132],
    [512, '-w 2 -k async --threads 2', 147],
    // None is wanted yet: TTIN may bring one.
    [512, '-w 0', 294],
  ])('of %d MiB with %s', async (limit, flags, expected) => {
    expect(await heap(limit, flags)).toBe(expected);
  });

  test('is 0, which passes nothing, without a limit', async () => {
    const { config, origins } = await loaded({});
    expect(config.heapLimit).toBe(0);
    expect(origins.heapLimit).toBe('default, auto');
    expect(heapFlags(config, '')).toEqual([]);
    expect(heapOfThread(config)).toEqual({});
  });

  test('fits in ulimit -v, which is of each process', async () => {
    const { config } = await loaded({ argv: ['-w', '4', 'app'], memory: { addresses: 4096 * MIB } });
    expect(config.heapLimit / MIB).toBe(4096 - 1280 - 28);
  });

  test('is at least what an app needs to load, and the log says that this is too much', async () => {
    const argv = ['-w', '4', 'app'];
    const { config, notes } = await loaded({ argv, memory: { group: 200 * MIB } });
    expect(config.heapLimit / MIB).toBe(32);
    expect(notes).toEqual([
      'A memory limit of 200 MiB is little for 4 workers: the heap of each may have 32 MiB all the same, and the kernel may end them. Use fewer, or give more.',
    ]);
  });

  test('leaves a quarter of the limit at least to what is no heap, whatever the limit and the crew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1024, max: 262_144 }),
        fc.integer({ min: 1, max: 8 }),
        async (limit, workers) => {
          expect((await heap(limit, `-w ${workers}`)) * workers).toBeLessThanOrEqual(limit * 0.75);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('heapLimit by hand', () => {
  test.each([
    ['512M', 512],
    ['512m', 512],
    ['1G', 1024],
    ['65536K', 64],
    ['67108864', 64],
    ['0', 0],
  ])('%s is %d MiB', async (text, expected) => {
    expect(await heap(256, `--heap-limit ${text}`)).toBe(expected);
  });

  test.each(['512', '-1', '1.5G', '512MB', '15M', '', 'max', '80%', '1T'])('is not %j', async (text) => {
    expect(await complaints({ argv: ['--heap-limit', text, 'app'] })).toEqual([
      `flag --heap-limit: heapLimit must be 0, "auto", or a number of bytes of at least 16M, such as 512M or 2G (got ${JSON.stringify(text)}).`,
    ]);
  });
});

describe('maxMemory', () => {
  test.each<[string, number | null, number]>([
    ['0', 256, 0],
    ['512M', 256, 512],
    ['80%', 1024, 819.2],
    ['100%', 1024, 1024],
    ['12.5%', 1024, 128],
    // Of the machine, where nothing less holds.
    ['50%', null, 8192],
  ])('%s, where the limit is %d MiB, is %d MiB', async (text, limit, expected) => {
    const memory = { group: limit === null ? null : limit * MIB };
    const { config } = await loaded({ argv: ['--max-memory', text, 'app'], memory });
    expect(config.maxMemory).toBe(Math.floor(expected * MIB));
  });

  test('of a percentage tells what it has come to', async () => {
    const { origins } = await loaded({ argv: ['--max-memory', '80%', 'app'] });
    expect(origins.maxMemory).toBe('flag --max-memory, 80%');
  });

  test.each(['512', '-1', '0%', '0.5%', '101%', '80 %', '%', 'auto', '1.5G', ''])('is not %j', async (text) => {
    expect(await complaints({ argv: ['--max-memory', text, 'app'] })).toEqual([
      `flag --max-memory: maxMemory must be 0, a percentage from 1% to 100%, or a number of bytes of at least 16M, such as 512M or 2G (got ${JSON.stringify(text)}).`,
    ]);
  });

  test.each([true, null, 512, -5, Number.NaN, 2.5e7 + 0.5, ['512M'], {}])('is not %j in a file', async (value) => {
    const result = await loadSettings({ argv: ['app'], env: {}, cwd: '/', options: { maxMemory: value } });
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        'maxMemory must be 0, a percentage from 1% to 100%, or a number of bytes of at least 16M',
      ),
    ]);
  });
});

describe('heapSnapshot', () => {
  test('is a folder that exists, found from chdir', async () => {
    const cwd = folder({ file: '' });
    const argv = (path: string) => ['--chdir', cwd, '--max-memory', '512M', '--heap-snapshot', path, 'app'];
    expect((await loaded({ argv: argv('.') })).config.heapSnapshot).toBe(cwd);
    for (const path of ['file', 'none']) {
      expect(await complaints({ argv: argv(path) })).toEqual([
        `flag --heap-snapshot: heapSnapshot must be a folder that exists (got "${cwd}/${path}").`,
      ]);
    }
  });

  test('without maxMemory is told to have no effect', async () => {
    expect((await loaded({ argv: ['--heap-snapshot', '/', 'app'] })).notes).toEqual([
      'heapSnapshot has no effect while maxMemory is 0.',
    ]);
  });
});

describe('the size that Node is given otherwise counts', () => {
  test.each([
    [{ nodeArguments: ['--max-old-space-size=99'] }, '--max-old-space-size=99'],
    [{ env: { NODE_OPTIONS: '--enable-source-maps --max_old_space_size=99' } }, '--max_old_space_size=99'],
    [{ env: { NODE_OPTIONS: '"--max-heap-size=99"' } }, '--max-heap-size=99'],
    [{ env: { NODE_OPTIONS: '--max-old-space-size-percentage=50' } }, '--max-old-space-size-percentage=50'],
  ])('%j', async (more, flag) => {
    expect(await heap(512, '', more)).toBe(0);
    const { config, notes } = await loaded({ ...more, argv: ['--heap-limit', '64M', 'app'] });
    expect(config.heapLimit).toBe(0);
    expect(notes).toEqual([`heapLimit has no effect: Node is given ${flag}.`]);
  });

  test('in the environment of the workers alone', async () => {
    expect(await heap(512, '-e NODE_OPTIONS=--max-old-space-size=99')).toBe(0);
    const env = { NODE_OPTIONS: '--max-old-space-size=99' };
    expect(await heap(512, '-w 1 -e NODE_OPTIONS=--no-warnings', { env })).toBe(294);
  });
});

describe('V8 is told', () => {
  const config = { workerClass: 'async', threads: 1 };

  test('by flags in a process, the young generation in proportion', () => {
    expect(heapFlags({ ...config, heapLimit: 40 * MIB }, '')).toEqual([
      '--max-old-space-size=40',
      '--max-semi-space-size=1',
    ]);
    expect(heapFlags({ ...config, heapLimit: 1491 * MIB }, '')[1]).toBe('--max-semi-space-size=32');
    expect(heapFlags({ ...config, heapLimit: 2 ** 35 }, '')[1]).toBe('--max-semi-space-size=64');
  });

  test('without a young generation that Node is given', () => {
    const given = '--max-semi-space-size=128';
    expect(heapFlags({ ...config, heapLimit: 2 ** 30 }, given)).toEqual(['--max-old-space-size=1024']);
  });

  test('in each thread, whose process has no flags, since those would override it', () => {
    expect(heapFlags({ workerClass: 'threads', threads: 2, heapLimit: 2 ** 30 }, '')).toEqual([]);
    expect(heapOfThread({ heapLimit: 2 ** 29 })).toEqual({ maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 48 });
  });
});
