/** Runs the command `qilin` as a child, until it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Signals to this process go on to the child. The exit code becomes this process's. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, commandFile(), ...args], { stdio: 'inherit' });
  // A terminal sends Ctrl+C to both.
  const ignore = () => {};
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', passOn);
  const [status] = await once(child, 'exit');
  process.removeListener('SIGINT', ignore);
  process.removeListener('SIGTERM', passOn);
  process.exitCode = typeof status === 'number' ? status : 1;
}

/** The file behind the command, by the package's own manifest. @throws Error when qilin is not installed */
function commandFile(): string {
  const manifest = createRequire(import.meta.url).resolve('qilin/package.json');
  const { bin }: { bin: { qilin: string } } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), bin.qilin);
}
