/** The command `flask`: argv in, exit status out. */
import { parseArgs } from 'node:util';
import { reasonOf, stackOf } from '../base/thrown.ts';
import { UsageError } from '../commands/usage-error.ts';
import { ConfigError } from '../dev-server/config-error.ts';
import { isReloaderChild, superviseReloads } from '../dev-server/reloader.ts';
import { runServer } from '../dev-server/run.ts';
import { loadDotenv } from './dotenv.ts';
import { findApp } from './find-app.ts';
import { formatRoutes, ROUTE_ORDERS, type RouteOrder } from './routes.ts';
import { RUN_HELP, RUN_OPTIONS, runOptionsOf } from './run-options.ts';
import { runShell } from './shell.ts';

const HELP = `Usage: flask [--app MODULE[:APP]] [--debug] COMMAND

Commands:
${RUN_HELP}
  shell    A prompt of JavaScript with the app's context: app, g, and what app.shellContextProcessor() gives.
  routes   Show the app's rules.
             -s, --sort ORDER       ${ROUTE_ORDERS.join(', ')}; default endpoint
             --all-methods          HEAD and OPTIONS too
  NAME     Run a command that the app has added by app.cli.command(); NAME --help says what it takes.

Options:
  -A, --app MODULE[:APP]  The app: hello, hello:app, 'hello:createApp("test")', src/hello.ts. Also FLASK_APP.
                          Default: app or wsgi in this folder.
  --debug, --no-debug     Debug mode. Also FLASK_DEBUG.
  -e, --env-file FILE     Variables of the environment, before those of .env and .flaskenv here or above.
                          FLASK_SKIP_DOTENV=1 reads neither.
  --help                  This text.

In production use qilin, which keeps several workers and replaces lost ones: qilin -w 4 hello:app
`;

const OPTIONS = {
  app: { type: 'string', short: 'A' },
  debug: { type: 'boolean' },
  'no-debug': { type: 'boolean' },
  'env-file': { type: 'string', short: 'e' },
  help: { type: 'boolean' },
  ...RUN_OPTIONS,
  sort: { type: 'string', short: 's' },
  'all-methods': { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')) throw error;
    const [, name = ''] = /'([^']*)'/.exec(error.message) ?? [];
    throw new UsageError(`There is no option "${name}": leave it out, or take one that flask --help lists.`);
  }
}

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const own = commandOf(argv);
  if (own !== undefined) return await runOwn(parse(argv.slice(0, own)).values, argv.slice(own), env);
  const { values, positionals } = parse(argv);
  loadDotenv(process.cwd(), env, values['env-file']);
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(`${HELP}${await ownCommands(values.app ?? env['FLASK_APP'], env)}`);
    return values.help ? 0 : 2;
  }
  if (rest.length > 0) throw new UsageError(`There is an argument too many: ${rest.join(' ')}.`);
  // The module may call app.run() itself: here it is loaded for its app alone.
  env['FLASK_RUN_FROM_CLI'] = 'true';
  switch (command) {
    case 'run':
      return await run(values, env);
    case 'routes':
      return await routes(values, env);
    case 'shell':
      return await shell(values, env);
    default:
      throw new UsageError(`There is no command "${command}".`);
  }
}

/** Where a command of the app's own stands: behind the options of all commands, whose words are not its own. */
function commandOf(argv: readonly string[]): number | undefined {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (['--app', '-A', '--env-file', '-e'].includes(word)) index++;
    else if (!word.startsWith('-')) return ['run', 'routes', 'shell'].includes(word) ? undefined : index;
  }
  return undefined;
}

/** A command that the app has added. */
async function runOwn(
  { app: spec, debug, 'no-debug': noDebug, 'env-file': envFile }: Values,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
) {
  loadDotenv(process.cwd(), env, envFile);
  env['FLASK_RUN_FROM_CLI'] = 'true';
  const app = await findApp(spec ?? env['FLASK_APP'], process.cwd());
  if (debug || noDebug) app.debug = !noDebug;
  const echo = (line: string) => process.stdout.write(`${line}\n`);
  await app.appContext().run(() => app.cli.run(argv, { echo }));
  return Number(process.exitCode ?? 0);
}

/** The app's own commands, for `--help`. One that does not load is told of where it was asked for. */
async function ownCommands(spec: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  env['FLASK_RUN_FROM_CLI'] = 'true';
  try {
    const lines = (await findApp(spec, process.cwd())).cli.lines();
    const width = Math.max(0, ...lines.map(([name]) => name.length));
    const list = lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`.trimEnd());
    return list.length > 0 ? `\n${["The app's own commands:", ...list].join('\n')}\n` : '';
  } catch (error) {
    return spec === undefined ? '' : `\nThe app's own commands are not known: ${explain(error)}\n`;
  }
}

const isOn = (value: string | undefined): boolean =>
  !['', '0', 'false', 'no', undefined].includes(value?.toLowerCase());

const debugOf = (values: Values, env: NodeJS.ProcessEnv): boolean =>
  values['no-debug'] ? false : (values.debug ?? isOn(env['FLASK_DEBUG']));

async function run(values: Values, env: NodeJS.ProcessEnv): Promise<number> {
  const options = runOptionsOf(values, debugOf(values, env), env);
  if (options.useReloader && !isReloaderChild()) {
    await superviseReloads(process.cwd(), (line) => process.stderr.write(` * ${line}\n`), options);
    return 0;
  }
  const app = await findApp(values.app ?? env['FLASK_APP'], process.cwd());
  await runServer(app, { ...options, useReloader: false });
  return Number(process.exitCode ?? 0);
}

async function shell(values: Values, env: NodeJS.ProcessEnv): Promise<number> {
  const app = await findApp(values.app ?? env['FLASK_APP'], process.cwd());
  const isSaid = values.debug || values['no-debug'] || env['FLASK_DEBUG'] !== undefined;
  if (isSaid) app.debug = debugOf(values, env);
  await runShell(app);
  return Number(process.exitCode ?? 0);
}

async function routes(values: Values, env: NodeJS.ProcessEnv): Promise<number> {
  const order = values.sort ?? 'endpoint';
  if (!isOrder(order)) throw new UsageError(`--sort must be one of ${ROUTE_ORDERS.join(', ')} (got "${order}").`);
  const app = await findApp(values.app ?? env['FLASK_APP'], process.cwd());
  process.stdout.write(formatRoutes(app.urlMap, order, values['all-methods'] ?? false));
  return 0;
}

const isOrder = (order: string): order is RouteOrder => ROUTE_ORDERS.some((known) => known === order);

/** A mistake of who typed the command is a sentence; anything else shows its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return reasonOf(error);
  // Of parseArgs, of Qilin, and of an app's own copy of this package: their messages are sentences too.
  const isSentence =
    error.name === 'QilinError' ||
    error.name === 'UsageError' ||
    ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  const isMistake = error instanceof ConfigError || isSentence;
  return isMistake ? error.message : stackOf(error);
}

process.exitCode = await main(process.argv.slice(2), process.env).catch((error: unknown) => {
  process.stderr.write(`flask: ${explain(error)}\n`);
  return 2;
});
process.exit();
