/**
 * The table of settings: the one place where a setting is named and described. Types, flags, checks, help, reference and
 * JSON Schema all come from it.
 */
import { INTERFACES } from '../contract/app.ts';
import type { Hooks } from '../contract/hooks.ts';
import { LOG_LEVELS } from '../contract/log.ts';
import { MOST_HEAD_BYTES, MOST_HEAD_FIELDS, MULTIPLEXERS, THREAD_ENGINES, TIMERS } from '../contract/worker-config.ts';
import { binds } from './bind.ts';
import { accessFormat, account, bool, hook, int, oneOf, optional, seconds, text, umask, workers } from './kinds.ts';
import { mapping, networks, texts } from './list-kinds.ts';
import { setting } from './setting.ts';

type WorkerClassName =
  | 'async'
  | 'sync'
  | 'threads'
  | 'picoev'
  | 'gevent'
  | 'eventlet'
  | 'tornado'
  | 'gthread'
  | 'meinheld'
  | 'egg:meinheld#gunicorn_worker';

/** Seconds. To load a large app on a busy machine can take longer than a request ever should. */
const LEAST_BOOT_TIMEOUT = 60;

const file = () => optional(text('a file name', 'FILE'));

/** The most descriptors that Linux gives to a process, unless fs.nr_open is raised. */
const MOST_CONNECTIONS = 1_048_576;

export const SETTINGS = {
  app: setting({
    flags: [],
    kind: text('MODULE[:APP], such as "src/server.ts:app"', 'MODULE[:APP]'),
    default: '',
    section: 'Start',
    text: 'The app to serve, the argument of the command line. `MODULE` is a path from `chdir`, with or without its extension, or a dotted name; `APP` is an export of it, the default export when left out, or a call such as `createApp("prod")`.',
    reload: 'workers',
    aliases: ['wsgiApp'],
  }),
  config: setting({
    flags: ['-c', '--config'],
    kind: file(),
    default: null,
    section: 'Start',
    text: 'The config file. Relative to the directory of the start, whatever `chdir` says. Without it, the first of `qilin.config.ts`, `.mts`, `.js`, `.mjs`, `.cjs` and `.json` there is read, when one exists; an empty text reads none.',
    reload: 'restart',
    flagOnly: true,
  }),
  checkConfig: setting({
    flags: ['--check-config'],
    kind: bool(),
    default: false,
    section: 'Start',
    text: 'Check settings and app, and exit: 0 when all is well.',
    reload: 'restart',
  }),
  printConfig: setting({
    flags: ['--print-config'],
    kind: bool(),
    default: false,
    section: 'Start',
    text: 'Print every setting with its value and its source, and exit.',
    reload: 'restart',
  }),
  chdir: setting({
    flags: ['--chdir'],
    kind: text('a folder', 'FOLDER'),
    default: '.',
    defaultOf: { says: 'the directory of the start', value: ({ cwd }) => cwd },
    section: 'Start',
    text: 'The working directory of arbiter and workers. The app and every other relative path are found from here; only `config` is found from the directory of the start.',
    reload: 'restart',
  }),
  interface: setting({
    flags: ['--interface'],
    kind: oneOf(INTERFACES),
    default: 'auto',
    section: 'Start',
    text: 'How the app is called: `fetch` with a `Request`, `node` with `(req, res)`. `auto` finds it out, and says so when it cannot.',
    reload: 'workers',
  }),
  preloadApp: setting({
    flags: ['--preload'],
    kind: bool(),
    default: false,
    section: 'Start',
    text: 'Start one worker first, and the others once its app is ready. A broken app then fails once instead of once per worker. Unlike in Gunicorn no memory is shared: Node cannot fork, so each worker loads the app itself.',
    reload: 'live',
  }),
  reload: setting({
    flags: ['--reload'],
    kind: bool(),
    default: false,
    section: 'Start',
    text: 'Reload when a source file below `chdir`, or the config file, changes. For development.',
    reload: 'restart',
  }),
  reloadExtraFiles: setting({
    flags: ['--reload-extra-file'],
    kind: texts('file names or patterns', 'PATTERN'),
    default: [],
    section: 'Start',
    text: 'Further files that `reload` watches, such as templates: paths or globs. The flag may be repeated.',
    reload: 'restart',
  }),

  bind: setting({
    flags: ['-b', '--bind'],
    kind: binds(),
    default: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
    variable: { name: 'PORT', says: '0.0.0.0:$PORT', toText: (port) => `0.0.0.0:${port}` },
    section: 'Sockets',
    text: 'The addresses to listen on: `HOST:PORT`, `[IPV6]:PORT`, `PORT` (on all interfaces of IPv4), `unix:PATH` or `fd://N`. Separate several by commas, or repeat the flag.',
    reload: 'workers',
  }),
  backlog: setting({
    flags: ['--backlog'],
    kind: int({ min: 1, max: 2_147_483_647 }),
    default: 2048,
    section: 'Sockets',
    text: "The most connections that may wait in a socket's queue to be accepted. The kernel may allow fewer (`net.core.somaxconn`); beyond that, clients wait and try again.",
    reload: 'restart',
  }),
  reusePort: setting({
    flags: ['--reuse-port'],
    kind: bool(),
    default: false,
    section: 'Sockets',
    text: 'Set `SO_REUSEPORT`, so that another server may listen on the same port. Only for addresses with a port.',
    reload: 'restart',
  }),

  workers: setting({
    flags: ['-w', '--workers'],
    kind: workers(10_000),
    default: 1,
    variable: { name: 'WEB_CONCURRENCY', says: '$WEB_CONCURRENCY', toText: (count) => count },
    section: 'Workers',
    text: 'The number of worker processes. `auto` is one for each CPU that this process may use, by its CPU mask and by the CPU quota of its container. The signals TTIN and TTOU change it by one while the server runs.',
    reload: 'live',
  }),
  workerClass: setting({
    flags: ['-k', '--worker-class'],
    kind: text<WorkerClassName>('the name of a worker class, such as "async"', 'CLASS'),
    default: 'async',
    section: 'Workers',
    text: "How a worker serves: `async`, `sync`, `threads`, `picoev`, or a class of your own. `async` (also `gevent`, `eventlet`, `tornado`) serves many requests at once on Node's event loop, `sync` one at a time, `threads` (also `gthread`) in threads, `picoev` (also `meinheld`) with the native engine. Your own is `./file.ts#Name` or `egg:package#name`.",
    reload: 'workers',
  }),
  threads: setting({
    flags: ['--threads'],
    kind: int({ min: 1, max: 1024 }),
    default: 1,
    section: 'Workers',
    text: 'The number of threads in a worker. Each has an app of its own. Class `threads` has 2 when it is not told; more than 1 makes class `sync` the class `threads`, as in Gunicorn.',
    classes: ['threads'],
    reload: 'workers',
  }),
  threadEngine: setting({
    flags: ['--thread-engine'],
    kind: oneOf(THREAD_ENGINES),
    default: 'auto',
    section: 'Workers',
    text: 'The class that serves in each thread. `auto` is `picoev`, or `async` where `certfile` asks for TLS.',
    classes: ['threads'],
    reload: 'workers',
  }),
  multiplexer: setting({
    flags: ['--multiplexer'],
    kind: oneOf(MULTIPLEXERS),
    default: 'epoll',
    section: 'Workers',
    text: 'How the native engine learns which connections are ready. `epoll` is told of changes only (edge-triggered), `epoll-lt` of what is so (level-triggered); `poll` and `select` go through all connections each time, and `select` closes those whose descriptor is 1024 or more.',
    classes: ['picoev', 'threads'],
    reload: 'workers',
  }),
  timers: setting({
    flags: ['--timers'],
    kind: oneOf(TIMERS),
    default: 'wheel',
    section: 'Workers',
    text: 'How the native engine keeps the deadlines of its connections. `wheel` is a ring of 128 slots, which costs the same for any number of connections; `heap` a binary heap, which costs more with more of them.',
    classes: ['picoev', 'threads'],
    reload: 'workers',
  }),
  workerConnections: setting({
    flags: ['--worker-connections'],
    kind: int({ min: 1, max: MOST_CONNECTIONS }),
    default: 1000,
    section: 'Workers',
    text: "The most connections that one worker has open at once. Further ones wait in the socket's queue for another worker, or for their turn. The threads of a worker share them out evenly.",
    classes: ['async', 'threads', 'picoev'],
    reload: 'workers',
  }),
  maxRequests: setting({
    flags: ['--max-requests'],
    kind: int({ min: 0 }),
    default: 0,
    section: 'Workers',
    text: 'The number of requests after which a worker is replaced, against leaks of memory; 0 for never.',
    reload: 'workers',
  }),
  maxRequestsJitter: setting({
    flags: ['--max-requests-jitter'],
    kind: int({ min: 0 }),
    default: 0,
    section: 'Workers',
    text: 'The most requests, chosen at random for each worker, that are added to `maxRequests`, so that not all workers are replaced at once.',
    reload: 'workers',
  }),
  timeout: setting({
    flags: ['-t', '--timeout'],
    kind: seconds(),
    default: 30,
    section: 'Workers',
    text: 'The seconds that a worker may be silent before it is killed and replaced; 0 for ever. With class `async` a worker is silent when its event loop is blocked, with `sync` when one request takes that long. While it loads its app, `bootTimeout` counts instead. The error log names the line of JavaScript that blocked it.',
    reload: 'workers',
  }),
  bootTimeout: setting({
    flags: ['--boot-timeout'],
    kind: seconds(),
    default: LEAST_BOOT_TIMEOUT,
    defaultOf: {
      says: `${LEAST_BOOT_TIMEOUT}, timeout where that is more, 0 where that is 0`,
      value: ({ timeout }) => (timeout === 0 ? 0 : Math.max(timeout, LEAST_BOOT_TIMEOUT)),
    },
    section: 'Workers',
    text: 'The seconds that a worker may take to load its app and get ready; 0 for ever. Then it is ended, and tried again ever later; at the first start the server ends. A reload is called off when for so long no further worker of it has got ready.',
    reload: 'workers',
  }),
  gracefulTimeout: setting({
    flags: ['--graceful-timeout'],
    kind: seconds(),
    default: 30,
    section: 'Workers',
    text: 'The seconds that a worker has to finish its requests when it is told to leave; then it is ended.',
    reload: 'workers',
  }),
  drainGenerations: setting({
    flags: ['--drain-generations'],
    kind: int({ min: 1, max: 1000 }),
    default: 2,
    section: 'Workers',
    text: 'The most generations of workers, replaced by reloads, that may finish their requests at the same time. Beyond it the oldest are ended: each is a whole set of processes.',
    reload: 'live',
  }),
  keepalive: setting({
    flags: ['--keep-alive'],
    kind: seconds(),
    default: 2,
    section: 'Workers',
    text: 'The seconds that an idle connection is kept for the next request; 0 closes it after each answer. Behind a proxy, choose more than the proxy does.',
    classes: ['async', 'threads', 'picoev'],
    reload: 'workers',
  }),

  limitRequestLine: setting({
    flags: ['--limit-request-line'],
    kind: int({ min: 0, max: MOST_HEAD_BYTES }),
    default: 4094,
    section: 'Requests',
    text: 'The most bytes of a request line; 0 for no limit but that of the whole head, 1 MiB. A longer one is answered with 414.',
    reload: 'workers',
  }),
  limitRequestFields: setting({
    flags: ['--limit-request-fields'],
    kind: int({ min: 0, max: MOST_HEAD_FIELDS }),
    default: 100,
    section: 'Requests',
    text: 'The most header fields of a request; 0 for the most that can be, 1024. A request with more is answered with 431.',
    reload: 'workers',
  }),
  limitRequestFieldSize: setting({
    flags: ['--limit-request-field-size', '--limit-request-field_size'],
    kind: int({ min: 0, max: MOST_HEAD_BYTES }),
    default: 8190,
    section: 'Requests',
    text: 'The most bytes of one header field; 0 for no limit but that of the whole head, 1 MiB. A request with a longer one is answered with 431.',
    reload: 'workers',
  }),
  limitRequestBody: setting({
    flags: ['--limit-request-body'],
    kind: int({ min: 0 }),
    default: 0,
    section: 'Requests',
    text: 'The most bytes of a request body; 0 for no limit. A longer one is answered with 413 and its connection closed: before the app is called where `Content-Length` tells it, while the app reads it where it is chunked.',
    reload: 'workers',
  }),
  headersTimeout: setting({
    flags: ['--headers-timeout'],
    kind: seconds(),
    default: 30,
    section: 'Requests',
    text: 'The seconds that a client may take to send the head of a request; 0 for ever. Then it is answered with 408 and its connection closed. With class `sync` it is at most `timeout`.',
    reload: 'workers',
  }),
  bodyTimeout: setting({
    flags: ['--body-timeout'],
    kind: seconds(),
    default: 300,
    section: 'Requests',
    text: "The seconds that a client may take to send the whole body of a request; 0 for ever. Then it is answered with 408, if the answer has not begun, and its connection closed. Node's own HTTP stack (`async`, `sync`) has one limit for the whole request: `headersTimeout` and `bodyTimeout` together, no limit where one of them is 0.",
    reload: 'workers',
  }),
  sendTimeout: setting({
    flags: ['--send-timeout'],
    kind: seconds(),
    default: 60,
    section: 'Requests',
    text: 'The seconds for which a client may take no byte of an answer that waits for it; 0 for ever. Then its connection is closed.',
    classes: ['picoev', 'threads'],
    reload: 'workers',
  }),
  responseTimeout: setting({
    flags: ['--response-timeout'],
    kind: seconds(),
    default: 0,
    section: 'Requests',
    text: 'The seconds that the app may take to begin its answer, counted from the head of the request; 0 for ever. Then the client is answered with 503 and its connection closed.',
    reload: 'workers',
  }),

  daemon: setting({
    flags: ['-D', '--daemon'],
    kind: bool(),
    default: false,
    section: 'Process',
    text: 'Detach from the terminal and run in the background.',
    reload: 'restart',
  }),
  rawEnv: setting({
    flags: ['-e', '--env'],
    kind: mapping({
      expected: 'NAME=VALUE',
      placeholder: 'NAME=VALUE',
      name: (name) => (name === '' || /[=\0]/.test(name) ? undefined : name),
    }),
    default: {},
    section: 'Process',
    text: 'Environment variables for the workers. The flag may be repeated; a file gives an object, or `NAME=VALUE` texts.',
    reload: 'workers',
    secret: true,
  }),
  hookTimeout: setting({
    flags: ['--hook-timeout'],
    kind: seconds(),
    default: 30,
    section: 'Process',
    text: 'The seconds that a hook of the arbiter may take; 0 for ever. Then the arbiter tells so and goes on without it, or does not start where it is `onStarting`. At the end of the server its hooks have 5 seconds in all, and `onExit` another 5.',
    reload: 'live',
  }),
  pidfile: setting({
    flags: ['-p', '--pid'],
    kind: file(),
    default: null,
    section: 'Process',
    text: "The file that holds the arbiter's process id while it runs.",
    reload: 'restart',
    aliases: ['pid'],
  }),
  user: setting({
    flags: ['-u', '--user'],
    kind: optional(account('user')),
    default: null,
    section: 'Process',
    text: 'The user, by name or number, that workers run as. Needs a start as root.',
    reload: 'workers',
  }),
  group: setting({
    flags: ['-g', '--group'],
    kind: optional(account('group')),
    default: null,
    section: 'Process',
    text: 'The group, by name or number, that workers run as. Needs a start as root.',
    reload: 'workers',
  }),
  umask: setting({
    flags: ['-m', '--umask'],
    kind: umask(),
    default: 0,
    section: 'Process',
    text: 'The octal mask of the permissions of what arbiter and workers create, files of the app included. Of unix sockets: with 0 every user may connect, with `077` only the owner.',
    reload: 'restart',
  }),
  procName: setting({
    flags: ['-n', '--name'],
    kind: text('a name', 'NAME'),
    default: 'qilin',
    defaultOf: { says: 'the app as given', value: ({ app }) => (app === '' ? 'qilin' : app) },
    section: 'Process',
    text: 'The name by which `ps` and `top` show the processes: `qilin: arbiter [NAME]`, `qilin: worker [NAME]`.',
    reload: 'workers',
    aliases: ['name'],
  }),

  forwardedAllowIps: setting({
    flags: ['--forwarded-allow-ips'],
    kind: networks(),
    default: ['127.0.0.1', '::1'],
    variable: { name: 'FORWARDED_ALLOW_IPS', says: '$FORWARDED_ALLOW_IPS', toText: (addresses) => addresses },
    section: 'Proxies',
    text: 'The addresses of the proxies whose X-Forwarded-* headers are believed: IP addresses or CIDR blocks, separated by commas, or `*` for all.',
    reload: 'workers',
  }),
  secureSchemeHeaders: setting({
    flags: [],
    kind: mapping({
      expected: 'an object of header names and values, such as {"x-forwarded-proto": "https"}',
      placeholder: 'NAME=VALUE',
      name: (name) => (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ? name.toLowerCase() : undefined),
    }),
    default: { 'x-forwarded-protocol': 'ssl', 'x-forwarded-proto': 'https', 'x-forwarded-ssl': 'on' },
    section: 'Proxies',
    text: 'The headers, with their values, by which a proxy of `forwardedAllowIps` says that the client came by HTTPS.',
    reload: 'workers',
  }),

  accesslog: setting({
    flags: ['--access-logfile'],
    kind: file(),
    default: null,
    section: 'Logs',
    text: 'The file of the access log, `-` for stdout. Without it no access log is written.',
    reload: 'workers',
  }),
  accessLogFormat: setting({
    flags: ['--access-logformat'],
    kind: accessFormat(),
    default: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
    section: 'Logs',
    text: "The format of a line of the access log. It is made of Gunicorn's atoms, written `%(h)s`: `h` client address, `l` `-`, `u` user, `t` time, `r` request line, `m` method, `U` path, `q` query, `H` protocol, `s` status, `B` and `b` bytes of the body (`b` is `-` for none), `f` referrer, `a` user agent, `T` seconds, `M` milliseconds, `D` microseconds, `L` seconds with decimals, `p` process id, `{name}i` request header, `{name}o` response header, `{name}e` variable of a WSGI environment, such as `{PATH_INFO}e`.",
    reload: 'workers',
  }),
  errorlog: setting({
    flags: ['--log-file', '--error-logfile'],
    kind: text('a file name, or "-"', 'FILE'),
    default: '-',
    section: 'Logs',
    text: 'The file of the error log, which holds all that the server itself has to say; `-` for stderr.',
    reload: 'workers',
    aliases: ['logfile'],
  }),
  loglevel: setting({
    flags: ['--log-level'],
    kind: oneOf(LOG_LEVELS),
    default: 'info',
    section: 'Logs',
    text: 'The least important messages that the error log takes.',
    reload: 'workers',
  }),
  logFormat: setting({
    flags: ['--log-format'],
    kind: oneOf(['text', 'json']),
    default: 'text',
    section: 'Logs',
    text: 'Lines for people, or one JSON object a line, in both logs.',
    reload: 'workers',
  }),
  captureOutput: setting({
    flags: ['--capture-output'],
    kind: bool(),
    default: false,
    section: 'Logs',
    text: 'Write what the app prints to stdout and stderr into the error log.',
    reload: 'workers',
  }),

  keyfile: setting({
    flags: ['--keyfile'],
    kind: file(),
    default: null,
    section: 'TLS',
    text: "The private key of the server's certificate, a PEM file. Goes with `certfile`.",
    reload: 'workers',
  }),
  certfile: setting({
    flags: ['--certfile'],
    kind: file(),
    default: null,
    section: 'TLS',
    text: "The server's certificate and those between it and the root, a PEM file. With it the server speaks HTTPS, HTTP/2 included. A reload reads it again.",
    reload: 'workers',
  }),
  caCerts: setting({
    flags: ['--ca-certs'],
    kind: file(),
    default: null,
    section: 'TLS',
    text: "The certificates of the authorities that may have signed a client's certificate, a PEM file.",
    reload: 'workers',
  }),
  certReqs: setting({
    flags: ['--cert-reqs'],
    kind: oneOf(['none', 'optional', 'required'], { '0': 'none', '1': 'optional', '2': 'required' }),
    default: 'none',
    section: 'TLS',
    text: "Whether a client must show a certificate. Gunicorn's 0, 1 and 2 are accepted too.",
    reload: 'workers',
  }),
  ciphers: setting({
    flags: ['--ciphers'],
    kind: optional(text("a list of ciphers in OpenSSL's format", 'CIPHERS')),
    default: null,
    section: 'TLS',
    text: "The ciphers to allow, in OpenSSL's format. Without it, Node's.",
    reload: 'workers',
  }),

  onStarting: hookSetting<'onStarting'>('In the arbiter, before anything is bound: `(arbiter)`.'),
  onReload: hookSetting<'onReload'>('In the arbiter, when a reload begins: `(arbiter)`.'),
  whenReady: hookSetting<'whenReady'>('In the arbiter, when the first workers are ready: `(arbiter)`.'),
  preFork: hookSetting<'preFork'>('In the arbiter, before a worker is started: `(arbiter, worker)`.'),
  postFork: hookSetting<'postFork'>('In the worker, before its app is loaded: `(worker)`.'),
  postWorkerInit: hookSetting<'postWorkerInit'>('In the worker, when its app is loaded: `(worker)`.'),
  workerAbort: hookSetting<'workerAbort'>('In the worker, when it is aborted for its `timeout`: `(worker)`.'),
  preExec: hookSetting<'preExec'>('In the arbiter, before it starts a new arbiter (USR2): `(arbiter)`.'),
  childExit: hookSetting<'childExit'>("In the arbiter, when a worker's process has ended: `(arbiter, worker)`."),
  workerExit: hookSetting<'workerExit'>('In the worker, before it exits in order: `(worker)`.'),
  nworkersChanged: hookSetting<'nworkersChanged'>(
    'In the arbiter, when the number of wanted workers has changed: `(arbiter, now, before)`.',
  ),
  onExit: hookSetting<'onExit'>('In the arbiter, last of all: `(arbiter)`.'),
} as const;

function hookSetting<Name extends keyof Hooks>(says: string) {
  return setting({
    flags: [],
    kind: hook<Hooks[Name]>(),
    default: null,
    section: 'Hooks',
    text: says,
    reload: 'workers',
  });
}
