/**
 * PM2's ecosystem file as config files of Qilin: `qilin --import-pm2 ecosystem.config.js`. Pure. Invariant: every key is answered, by a
 * setting or by a comment with the reason; docs/from-pm2.md is the same table for people.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { isObject } from '../contract/fields.ts';

/** Where the text of one app goes. */
export interface Imported {
  /** `qilin.config.ts`, or with several apps `qilin.NAME.config.ts`. */
  readonly file: string;
  readonly text: string;
}

/** What becomes of a key. */
interface Answer {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Of `rawEnv`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly comment?: string;
}

type Reader = (value: unknown, app: Readonly<Record<string, unknown>>) => Answer;

const set =
  (name: string): Reader =>
  (value) => ({ settings: { [name]: value } });
const say =
  (comment: string): Reader =>
  () => ({ comment });
const nothing = (reason: string): Reader => say(`has no counterpart: ${reason}`);

const RESTARTS = nothing(
  'a worker that ends is replaced at once, starts that fail are repeated after pauses that grow, and a first start that fails ends the server.',
);
const WATCHING = say(
  'is part of `reload`: the modules that are imported are watched, `reloadExtraFiles` names others.',
);
const OPERATIONS = nothing('it is about PM2 itself, not about serving.');

/** PM2 makes the folder of its log files, Qilin opens files in folders that are there. */
function logTo(value: unknown, app: Readonly<Record<string, unknown>>): Answer {
  const path = String(value);
  const settings = { errorlog: path, captureOutput: true };
  const folder = dirname(path);
  if (folder === '.') return { settings };
  const there = isAbsolute(folder) ? folder : join(String(app['cwd'] ?? ''), folder);
  return { settings, comment: `wants its folder to be there, which PM2 makes: mkdir -p '${there}'` };
}

/** By PM2's names, in snake_case. */
const READERS: Readonly<Record<string, Reader>> = {
  name: (value) => ({ settings: { procName: String(value) } }),
  script: (value) => ({ settings: { app: String(value) } }),
  args: readArgs,
  cwd: set('chdir'),
  interpreter: readInterpreter,
  node_args: readNodeArgs,
  exec_mode: (value, app) =>
    /^fork/.test(String(value)) && app['instances'] === undefined ? { settings: { workers: 1 } } : {},
  instances: readInstances,
  instance_var: nothing('NODE_APP_INSTANCE is set (from 0 on), and QILIN_WORKER (from 1 on).'),
  increment_var: say('becomes an address for each worker: `bind: "127.0.0.1:300{worker}"`.'),
  watch: (value) => {
    if (value === false) return {};
    if (!Array.isArray(value)) return { settings: { reload: true } };
    return { settings: { reload: true, reloadExtraFiles: value.map(String) } };
  },
  ignore_watch: WATCHING,
  watch_options: WATCHING,
  watch_delay: WATCHING,
  max_memory_restart: (value) => ({ settings: { maxMemory: value } }),
  env: (value) => ({ env: readEnv(value) }),
  filter_env: nothing('start it without them: `env -u NAME qilin …`.'),
  source_map_support: (value) => (value === true ? { env: { NODE_OPTIONS: '--enable-source-maps' } } : {}),
  disable_source_map_support: say('is the default; `NODE_OPTIONS=--enable-source-maps` turns source maps on.'),
  error_file: logTo,
  out_file: (value, app) =>
    app['error_file'] === undefined
      ? logTo(value, app)
      : { comment: 'goes to `errorlog` too: what the app prints on stdout and on stderr is in one file.' },
  log_file: (value, app) =>
    app['error_file'] === undefined && app['out_file'] === undefined
      ? logTo(value, app)
      : { comment: 'goes to `errorlog` too: there is one file.' },
  combine_logs: nothing('all workers write to one file, a line at a time.'),
  log_date_format: nothing('each line has its time; in ISO 8601 with `logFormat: "json"`.'),
  time: nothing('each line has its time.'),
  log_type: (value) => (value === 'json' ? { settings: { logFormat: 'json' } } : {}),
  disable_logs: (value) => (value === true ? { settings: { errorlog: '/dev/null' } } : {}),
  pid_file: set('pidfile'),
  min_uptime: RESTARTS,
  max_restarts: RESTARTS,
  restart_delay: RESTARTS,
  exp_backoff_restart_delay: RESTARTS,
  autorestart: RESTARTS,
  stop_exit_codes: RESTARTS,
  cron_restart: say(
    'becomes `qilinctl reload` in a timer of systemd or cron; or `maxAge`, the seconds after which a worker is replaced.',
  ),
  kill_timeout: inSeconds('gracefulTimeout'),
  listen_timeout: inSeconds('bootTimeout'),
  wait_ready: nothing(
    "a worker serves when its app listens. There is no process.send: call `process.send?.('ready')`.",
  ),
  shutdown_with_message: nothing('workers get SIGTERM, which an app may listen to as under node.'),
  treekill: nothing('children of a worker are its own affair; systemd ends them with the service.'),
  uid: set('user'),
  gid: set('group'),
  namespace: OPERATIONS,
  vizion: OPERATIONS,
  automation: OPERATIONS,
  pmx: OPERATIONS,
  trace: OPERATIONS,
  force: OPERATIONS,
  post_update: OPERATIONS,
  deploy: OPERATIONS,
};

/** Further names of the same, which PM2 takes. */
const SYNONYMS: Readonly<Record<string, string>> = {
  exec: 'script',
  exec_interpreter: 'interpreter',
  interpreter_args: 'node_args',
  output: 'out_file',
  out: 'out_file',
  error: 'error_file',
  err_file: 'error_file',
  log: 'log_file',
  merge_logs: 'combine_logs',
  pid: 'pid_file',
  cron: 'cron_restart',
};

/** All names of keys that are known; those of environments (`env_production`) besides. */
export const PM2_KEYS: readonly string[] = [...Object.keys(READERS), ...Object.keys(SYNONYMS)];

/** PM2 takes both spellings. */
function keyOf(name: string): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return SYNONYMS[snake] ?? snake;
}

/**
 * @param file What is being read, as its reader calls it.
 * @returns a text for each app; undefined for what is no ecosystem file
 */
export function importPm2(ecosystem: unknown, file: string): readonly Imported[] | undefined {
  const given = isObject(ecosystem) && 'apps' in ecosystem ? ecosystem['apps'] : ecosystem;
  const apps = Array.isArray(given) ? given : [given];
  if (apps.length === 0 || !apps.every(isObject)) return undefined;
  const around =
    isObject(ecosystem) && 'apps' in ecosystem ? Object.keys(ecosystem).filter((key) => key !== 'apps') : [];
  return apps.map((app, index) => {
    const name = String(app['name'] ?? index + 1).replace(/[^\w.-]+/g, '-');
    const target = apps.length === 1 ? 'qilin.config.ts' : `qilin.${name}.config.ts`;
    return { file: target, text: write(app, { file, target, around }) };
  });
}

interface Around {
  readonly file: string;
  readonly target: string;
  /** Keys beside `apps`. */
  readonly around: readonly string[];
}

function write(given: Readonly<Record<string, unknown>>, { file, target, around }: Around): string {
  const app = Object.fromEntries(Object.entries(given).map(([name, value]) => [keyOf(name), value]));
  const settings: Record<string, unknown> = {};
  const env: Record<string, string> = {};
  const comments: string[] = [];
  for (const [name, value] of [...Object.entries(app), ...around.map((key) => [key, undefined] as const)]) {
    const { comment, ...answer } = read(name, value, app);
    Object.assign(settings, answer.settings);
    for (const [key, text] of Object.entries(answer.env ?? {}))
      env[key] = key === 'NODE_OPTIONS' && env[key] !== undefined ? `${env[key]} ${text}` : text;
    if (comment !== undefined) comments.push(`${name} ${comment}`);
  }
  if (Object.keys(env).length > 0) settings['rawEnv'] = env;
  // A cluster of PM2 is at the port that the app says; there is nobody else who would know it.
  if (/^\d{1,5}$/.test(env['PORT'] ?? '')) settings['bind'] = `0.0.0.0:${env['PORT']}`;
  else
    comments.push(
      'bind is to be set: it is where workers listen, whatever port the app names. The default is 127.0.0.1:8000.',
    );
  const start = target === 'qilin.config.ts' ? 'qilin' : `qilin -c ${target}`;
  return [
    `// ${target}: made of ${oneLine(file)} by qilin --import-pm2. Start it by: ${start}`,
    "import { defineConfig } from 'qilin';",
    '',
    'export default defineConfig({',
    ...Object.entries(settings).map(([name, value]) => `  ${name}: ${literal(value)},`),
    ...comments.map((comment) => `  // ${oneLine(comment)}`),
    '});',
    '',
  ].join('\n');
}

function read(name: string, value: unknown, app: Readonly<Record<string, unknown>>): Answer {
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (reader !== undefined) return reader(value, app);
  if (/^env_./.test(name))
    return {
      comment: `is for another place: a file of its own, by -c FILE, or envFile. It was ${JSON.stringify(value)}`,
    };
  return { comment: `is not known to Qilin, and was ${JSON.stringify(value) ?? String(value)}` };
}

/** A line break in what a file says would end the comment. */
const oneLine = (text: string): string => text.replace(/[\r\n\u2028\u2029]+/g, ' ');

/** As source: JSON with what formatters make of it. */
const literal = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

const readEnv = (value: unknown): Readonly<Record<string, string>> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)])) : {};

function readArgs(value: unknown): Answer {
  const args = Array.isArray(value) ? value.map(String) : String(value).split(/\s+/).filter(Boolean);
  return args.length === 0 ? {} : { settings: { args } };
}

function readInterpreter(value: unknown): Answer {
  if (/(^|\/)node$/.test(String(value))) return {};
  return { comment: `has no counterpart: workers have the Node that starts qilin (it was ${JSON.stringify(value)}).` };
}

function readNodeArgs(value: unknown): Answer {
  const flags = (Array.isArray(value) ? value.map(String) : String(value).split(/\s+/)).filter(Boolean);
  const isAllowed = (flag: string) =>
    !flag.startsWith('-') || process.allowedNodeEnvironmentFlags.has(flag.split('=')[0] ?? '');
  if (flags.every(isAllowed)) return flags.length === 0 ? {} : { env: { NODE_OPTIONS: flags.join(' ') } };
  return {
    comment: `is given to the Node that starts it: node ${flags.join(' ')} node_modules/.bin/qilin …; workers have the same.`,
  };
}

function readInstances(value: unknown): Answer {
  if (value === 'max' || Number(value) === 0) return { settings: { workers: 'auto' } };
  const count = Number(value);
  if (Number.isSafeInteger(count) && count > 0) return { settings: { workers: count } };
  return {
    settings: { workers: 'auto' },
    comment: `was ${JSON.stringify(value)}, counted from the CPUs: write the number, or bounds such as "2..8".`,
  };
}

function inSeconds(name: string): Reader {
  return (value) => {
    const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(String(value).trim()) ?? [];
    if (number === undefined) return { comment: `is ${name}, in seconds (it was ${JSON.stringify(value)}).` };
    const factor = { ms: 0.001, s: 1, m: 60, h: 3_600 }[unit] ?? 1;
    return { settings: { [name]: Math.round(Number(number) * factor * 1_000) / 1_000 } };
  };
}
