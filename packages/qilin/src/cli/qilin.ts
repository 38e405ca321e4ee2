/** The command `qilin`: argv in, exit status out. */
import { createRequire } from 'node:module';
import { Arbiter } from '../arbiter/arbiter.ts';
import { checkApp } from '../arbiter/check-app.ts';
import { isHeir } from '../arbiter/inheritance.ts';
import { explain, QilinError } from '../contract/errors.ts';
import { formatConfig, formatHelp } from '../settings/describe.ts';
import { loadSettings } from '../settings/merge.ts';
import { isDaemon, startDaemon, tellStarter } from './daemon.ts';
import { IMPORT_PM2, textOfPm2 } from './import-pm2.ts';
import { handOverInspector } from './own-inspector.ts';
import { startFolder } from './start-folder.ts';

const cwd = startFolder(process.env['PWD'], process.cwd());

/** The version in the package's own package.json. */
const { version }: { readonly version: string } = createRequire(import.meta.url)('../../package.json');

const argv = [...handOverInspector(process.env, process.execArgv), ...process.argv.slice(2)];

const load = () => loadSettings({ argv, env: process.env, cwd });

/** Another program that started this one, with a channel of its own, is told nothing. To be asked before the arbiter begins. */
const hasStarter = isDaemon() || isHeir(process.env);

async function main(): Promise<number> {
  if (argv[0] === IMPORT_PM2) return print(await textOfPm2(cwd, argv.slice(1)));
  const loaded = await load();
  if (!loaded.ok) {
    fail(loaded.errors.map(explain).join('\n'));
    return loaded.errors[0]?.exitStatus ?? 1;
  }
  switch (loaded.command) {
    case 'help':
      return print(formatHelp());
    case 'version':
      return print(`qilin ${version}`);
    case 'printConfig':
      return print(formatConfig(loaded.config, loaded.origins));
    case 'checkConfig': {
      const problem = await checkApp(loaded.config);
      return problem === undefined ? print('The settings and the app are in order.') : fail(problem);
    }
    case 'serve':
      break;
  }
  const { config, origins, notes } = loaded;
  if (config.daemon && !isDaemon()) return startDaemon(config.errorlog);
  process.chdir(config.chdir);
  if (config.umask !== null) process.umask(config.umask);
  const arbiter = new Arbiter({
    version,
    config,
    origins,
    notes,
    startedIn: cwd,
    loadSettings: load,
    onReady: () => hasStarter && tellStarter(''),
  });
  return arbiter.run();
}

function print(text: string): number {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

function fail(text: string): number {
  if (hasStarter) tellStarter(text);
  process.stderr.write(`qilin: ${text}\n`);
  return 1;
}

process.exitCode = await main().catch((error: unknown) => {
  fail(explain(error));
  return error instanceof QilinError ? error.exitStatus : 1;
});
process.exit();
