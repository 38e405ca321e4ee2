import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMPRESS_TYPES } from '../../src/contract/worker-config.ts';
import { changedSettings } from '../../src/settings/changes.ts';
import { complaints, folder, load, loaded } from './load.ts';

describe('settings', () => {
  test("have Gunicorn's defaults, but class async", async () => {
    const { config, origins, notes } = await loaded({ argv: ['app'], cwd: '/' });
    expect(config).toEqual({
      app: 'app',
      args: [],
      config: null,
      checkConfig: false,
      printConfig: false,
      chdir: '/',
      interface: 'auto',
      preloadApp: false,
      canary: true,
      healthCheck: null,
      reload: false,
      reloadExtraFiles: [],
      bind: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
      backlog: 2048,
      reusePort: false,
      workers: 1,
      workerBounds: null,
      workerClass: 'async',
      threads: 1,
      threadEngine: 'auto',
      multiplexer: 'epoll',
      timers: 'wheel',
      workerConnections: 1000,
      maxRequests: 0,
      maxRequestsJitter: 0,
      maxAge: 0,
      maxAgeJitter: 0,
      heapLimit: 0,
      maxMemory: 0,
      heapSnapshot: null,
      static: {},
      staticFallback: null,
      staticMaxAge: 0,
      staticImmutable: false,
      staticSymlinks: false,
      compress: false,
      compressEncodings: ['zstd', 'br', 'gzip'],
      compressMinimum: 1024,
      compressTypes: COMPRESS_TYPES,
      compressLevel: 0,
      timeout: 30,
      stallWarning: 1,
      bootTimeout: 60,
      drainGenerations: 2,
      adminBind: null,
      dashboard: 'off',
      dashboardToken: null,
      controlSocket: 'auto',
      unreadyWhenStuck: false,
      drainDelay: 0,
      websocketDrain: 10,
      hookTimeout: 30,
      gracefulTimeout: 30,
      keepalive: 2,
      limitRequestLine: 8190,
      limitRequestFields: 100,
      limitRequestFieldSize: 8190,
      limitRequestBody: 0,
      http2: 'auto',
      http2MaxStreams: 100,
      inspect: null,
      inspectBrk: null,
      headersTimeout: 30,
      bodyTimeout: 300,
      sendTimeout: 60,
      responseTimeout: 0,
      queueTimeout: 0,
      requestTimeout: 0,
      daemon: false,
      rawEnv: {},
      envFile: null,
      pidfile: null,
      user: null,
      group: null,
      umask: 0,
      procName: 'app',
      proxyProtocol: false,
      proxyAllowFrom: ['127.0.0.1', '::1'],
      forwardedAllowIps: ['127.0.0.1', '::1'],
      secureSchemeHeaders: { 'x-forwarded-protocol': 'ssl', 'x-forwarded-proto': 'https', 'x-forwarded-ssl': 'on' },
      accesslog: null,
      accessLogFormat: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
      errorlog: '-',
      loglevel: 'info',
      logFormat: 'text',
      captureOutput: false,
      accessLogExclude: [],
      logFields: [],
      requestId: false,
      statsdHost: null,
      statsdPrefix: '',
      dogstatsdTags: [],
      keyfile: null,
      certfile: null,
      caCerts: null,
      certReqs: 'none',
      ciphers: null,
      hooks: {},
    });
    expect(origins).toMatchObject({ app: 'command line', workers: 'default', bind: 'default' });
    expect(notes).toEqual([]);
  });

  test('are frozen to the bottom', async () => {
    const { config } = await loaded({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.bind[0])).toBe(true);
    expect(Object.isFrozen(config.hooks)).toBe(true);
  });

  test('come from the strongest source that has a value', async () => {
    const count = fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(count, count, count, count, async (environment, file, cmdArgs, flag) => {
        const sources = [
          [flag, 'flag --workers'],
          [cmdArgs, 'QILIN_CMD_ARGS --workers'],
          [file, 'x.json'],
          [environment, 'WEB_CONCURRENCY'],
          [1, 'default'],
        ] as const;
        const [workers, origin] = sources.find(([value]) => value !== undefined) ?? [];
        const cwd = folder({ 'x.json': JSON.stringify({ workers: file }) });
        const { config, origins } = await loaded({
          argv: ['-c', 'x.json', 'app', ...(flag === undefined ? [] : ['--workers', `${flag}`])],
          env: {
            ...(environment === undefined ? {} : { WEB_CONCURRENCY: `${environment}` }),
            ...(cmdArgs === undefined ? {} : { QILIN_CMD_ARGS: `--workers ${cmdArgs}` }),
          },
          cwd,
        });
        expect([config.workers, origins.workers]).toEqual([workers, origin]);
      }),
      { numRuns: 40 },
    );
  });

  test('count the CPUs for workers = auto', async () => {
    const { config, origins } = await loaded({ argv: ['-w', 'auto', 'app'] });
    expect([config.workers, origins.workers]).toEqual([6, 'flag -w, auto']);
  });

  test.each([
    [{ PORT: '9000' }, { bind: [{ kind: 'tcp', host: '0.0.0.0', port: 9000 }] }],
    [{ WEB_CONCURRENCY: '' }, { workers: 1 }],
    [{ FORWARDED_ALLOW_IPS: '*' }, { forwardedAllowIps: ['*'] }],
    [{ QILIN_CMD_ARGS: `--name 'two words' other:app` }, { procName: 'two words', app: 'app' }],
  ])('heed the environment %j', async (env, values) => {
    expect((await loaded({ env })).config).toMatchObject(values);
  });

  test('ignore a variable that is wrong while a flag says otherwise', async () => {
    const env = { WEB_CONCURRENCY: 'many' };
    expect((await loaded({ argv: ['-w', '2', 'app'], env })).config.workers).toBe(2);
    expect(await complaints({ env })).toEqual([
      'WEB_CONCURRENCY: workers must be a whole number from 0 to 10000, "auto", or bounds such as "2..8" (got "many").',
    ]);
  });

  test('complain about QILIN_CMD_ARGS by its name', async () => {
    expect(await complaints({ env: { QILIN_CMD_ARGS: '-w x --bidn y' } })).toEqual([
      'QILIN_CMD_ARGS: --bidn is not a flag; did you mean --bind?',
      'QILIN_CMD_ARGS -w: workers must be a whole number from 0 to 10000, "auto", or bounds such as "2..8" (got "x").',
    ]);
    expect(await complaints({ env: { QILIN_CMD_ARGS: `-w '2` } })).toEqual([
      'QILIN_CMD_ARGS must be arguments as a shell reads them: a quote is not closed.',
    ]);
  });

  test.each([
    [['app'], 'serve'],
    [['--check-config', 'app'], 'checkConfig'],
    [['--print-config'], 'printConfig'],
    [['--print-config', '--check-config', 'app'], 'printConfig'],
  ])('%j: %s', async (argv, command) => {
    expect(await load({ argv })).toMatchObject({ ok: true, command });
  });
});

describe('settings that cannot be combined are told with their sources', () => {
  test.each([
    [['--certfile', 'c'], ['certfile (flag --certfile) needs keyfile too.']],
    [['--keyfile', 'k'], ['keyfile (flag --keyfile) needs certfile too.']],
    [['--cert-reqs', '2'], ['certReqs (flag --cert-reqs) needs certfile and keyfile: without them there is no TLS.']],
    [
      ['--reuse-port', '-b', 'unix:/x'],
      ['reusePort (flag --reuse-port) cannot be combined with bind (flag -b) unix:/x, which has no port.'],
    ],
    [['-b', 'a:1', '-b', 'A:1'], ['bind (flag -b) names a:1 twice.']],
    [['--dashboard', 'view'], ['dashboard (flag --dashboard) needs adminBind: it is a page there.']],
    [
      ['--dashboard', 'control', '--admin-bind', '9000'],
      ['dashboard (flag --dashboard) control needs dashboardToken: whoever knows that may give orders.'],
    ],
    [
      ['--dashboard', 'view', '--admin-bind', '127.0.0.1.example:9000'],
      [
        'dashboard (flag --dashboard) needs dashboardToken where other machines reach adminBind (flag --admin-bind) 127.0.0.1.example:9000.',
      ],
    ],
    [['-w', '2', '-b', 'a:1{worker},a:12'], ['bind (flag -b) names a:12 twice.']],
    [
      ['--reuse-port', '-b', 'unix:/{worker}'],
      ['reusePort (flag --reuse-port) cannot be combined with bind (flag -b) unix:/{worker}, which has no port.'],
    ],
    [
      ['-w', '12', '-b', 'a:800{worker}'],
      ['bind (flag -b) a:800{worker} makes no address for worker 10 of 12: write it so that each has one.'],
    ],
    [
      ['-w', '0', '-b', 'a:800{worker}'],
      ['bind (flag -b) a:800{worker} is an address for each worker, and workers (flag -w) is 0.'],
    ],
    [
      ['--certfile', 'c', '--keyfile', 'k', '--thread-engine', 'picoev', '-k', 'threads'],
      ['threadEngine (flag --thread-engine) picoev has no TLS: with certfile use async, or a proxy that ends TLS.'],
    ],
    [
      ['-k', 'gthread', '--threads', '3', '--worker-connections', '2'],
      ['threads (flag --threads) must be at most workerConnections, 2 (got 3).'],
    ],
  ])('%j', async (argv, messages) => {
    expect(await complaints({ argv: [...argv, 'app'] })).toEqual(messages);
  });

  test.each([
    [['-k', 'threads'], 2],
    [['-k', 'gthread', '--threads', '1'], 1],
    [['-k', 'sync'], 1],
    [['-k', 'async'], 1],
  ])('%j makes %d threads', async (argv, threads) => {
    expect((await loaded({ argv: [...argv, 'app'] })).config.threads).toBe(threads);
  });

  test('two ports that the kernel chooses are two ports', async () => {
    expect((await loaded({ argv: ['-b', 'a:0,a:0', 'app'] })).config.bind).toHaveLength(2);
  });

  test('what is possible but hardly meant is noted', async () => {
    const argv = [
      '-D',
      '--max-requests-jitter',
      '5',
      '--max-age-jitter',
      '5',
      '--reload-extra-file',
      'x',
      '--threads',
      '2',
      'app',
    ];
    expect((await loaded({ argv })).notes).toEqual([
      'daemon is set and errorlog is "-": a daemon has no terminal, so its error log is lost.',
      'maxRequestsJitter has no effect while maxRequests is 0.',
      'maxAgeJitter has no effect while maxAge is 0.',
      'threads has no effect with the worker class async.',
      'reloadExtraFiles has no effect while reload is off.',
    ]);
  });
});

describe('a reload', () => {
  test('is told what changed, by what it can apply', async () => {
    const { config: before } = await loaded({ argv: ['app'] });
    const { config: after } = await loaded({ argv: '-w 2 -t 5 --backlog 9 -p x -b 9000 app'.split(' ') });
    expect(changedSettings(before, after)).toEqual({
      live: ['workers'],
      workers: ['bind', 'timeout'],
      restart: ['backlog', 'pidfile'],
    });
    expect(changedSettings(before, before)).toEqual({ live: [], workers: [], restart: [] });
  });
});

test.each([
  { args: [], inspect: null, timeout: 30 },
  { args: ['--inspect'], inspect: { host: '127.0.0.1', port: 9229 }, timeout: 0 },
  { args: ['--inspect=9000', '-t', '5'], inspect: { host: '127.0.0.1', port: 9000 }, timeout: 5 },
  { args: ['--inspect=[::1]:0'], inspect: { host: '::1', port: 0 }, timeout: 0 },
  { args: ['--inspect', '--no-inspect'], inspect: null, timeout: 30 },
])('$args makes an inspector, and a timeout', async ({ args, inspect, timeout }) => {
  const { config } = await loaded({ argv: [...args, 'app'] });
  expect(config).toMatchObject({ inspect, timeout, bootTimeout: timeout === 0 ? 0 : 60 });
});

test.each([
  { args: [], bootTimeout: 60 },
  { args: ['--timeout', '90'], bootTimeout: 90 },
  { args: ['--timeout', '0'], bootTimeout: 0 },
  { args: ['--timeout', '90', '--boot-timeout', '5'], bootTimeout: 5 },
])('a worker has $bootTimeout s to boot with $args', async ({ args, bootTimeout }) => {
  const { config } = await loaded({ argv: [...args, 'app'] });
  expect(config.bootTimeout).toBe(bootTimeout);
});
