/** What `flask run` is told, as `app.run()` takes it. Flask's `run_command`. */
import { delimiter } from 'node:path';
import { UsageError } from '../commands/usage-error.ts';
import type { RunOptions } from '../dev-server/run.ts';

/** For `parseArgs`. */
export const RUN_OPTIONS = {
  host: { type: 'string', short: 'h' },
  port: { type: 'string', short: 'p' },
  cert: { type: 'string' },
  key: { type: 'string' },
  reload: { type: 'boolean' },
  'no-reload': { type: 'boolean' },
  debugger: { type: 'boolean' },
  'no-debugger': { type: 'boolean' },
  'with-threads': { type: 'boolean' },
  'without-threads': { type: 'boolean' },
  'extra-files': { type: 'string' },
  'exclude-patterns': { type: 'string' },
  processes: { type: 'string' },
} as const;

/** As they come out of it. */
type Values = {
  readonly [N in keyof typeof RUN_OPTIONS]?: (typeof RUN_OPTIONS)[N]['type'] extends 'string' ? string : boolean;
};

export const RUN_HELP = `  run      Serve the app on the development server, until Ctrl+C.
             -h, --host HOST              where to listen; default 127.0.0.1
             -p, --port PORT              default 5000
             --cert FILE, --key FILE      serve by TLS
             --reload, --no-reload        start anew when a file changes; default: with --debug
             --extra-files FILES          files whose change counts too, with "${delimiter}" between them
             --exclude-patterns PATTERNS  of paths whose change does not, with "${delimiter}" between them
             --debugger, --no-debugger    errors as pages for developers; default: with --debug
             --with-threads, --without-threads
                                          many requests at a time, which is the default, or one
             --processes N                N processes, by qilin`;

/**
 * @param debug what the options of all commands say of it
 * @param env has the values of options that are not given: `FLASK_RUN_PORT`
 * @throws UsageError for what contradicts itself, or cannot be had
 */
export function runOptionsOf(values: Values, debug: boolean, env: NodeJS.ProcessEnv): RunOptions {
  const given = (name: 'host' | 'port' | 'cert' | 'key' | 'extra-files' | 'exclude-patterns'): string | undefined =>
    values[name] ?? env[`FLASK_RUN_${name.replace('-', '_').toUpperCase()}`];
  const choice = (on: keyof Values, off: keyof Values): boolean | undefined => {
    if (values[on] && values[off]) throw new UsageError(`--${on} and --${off} contradict each other: give one.`);
    return values[on] ? true : values[off] ? false : undefined;
  };
  const options = {
    debug,
    host: given('host'),
    port: numberOf(given('port')),
    processes: numberOf(values.processes),
    threaded: choice('with-threads', 'without-threads'),
    useReloader: choice('reload', 'no-reload') ?? debug,
    useDebugger: choice('debugger', 'no-debugger'),
    extraFiles: listOf(given('extra-files')),
    excludePatterns: listOf(given('exclude-patterns')),
    ...tlsOf(given('cert'), given('key')),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

const listOf = (text: string | undefined): readonly string[] | undefined => text?.split(delimiter).filter(Boolean);

function tlsOf(certfile: string | undefined, keyfile: string | undefined) {
  if (certfile === 'adhoc') {
    throw new UsageError(
      '--cert adhoc is not there: make a certificate by "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost ' +
        '-keyout key.pem -out cert.pem" and give --cert cert.pem --key key.pem.',
    );
  }
  if (certfile !== undefined && keyfile === undefined) throw new UsageError('--cert needs the key too: --key FILE.');
  if (keyfile !== undefined && certfile === undefined)
    throw new UsageError('--key needs the certificate: --cert FILE.');
  return { certfile, keyfile };
}
