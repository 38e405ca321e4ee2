/** What npm would publish: each tarball has what is needed and nothing else, and packages/qilin/README.md holds for who has them alone. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { repository, startQilin, temporaryFolder } from './server.ts';

const PACKAGES = readdirSync(join(repository, 'packages'));
/** Code with its types and maps, the dashboard's page, commands, and what the addon is built from. */
const PUBLISHED =
  /^(?:LICENSE|README\.md|package\.json|binding\.gyp|dist\/.+(?:\.js|\.d\.ts|\.js\.map)|dist\/page\/[\w.]+|bin\/[\w-]+\.js|native\/.+\.(?:cc|h)|build\/Release\/picoev\.node)$/;

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const folder = temporaryFolder();
let packed: readonly Packed[] = [];
beforeAll(() => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path];
  const workspaces = PACKAGES.flatMap((name) => ['-w', `packages/${name}`]);
  const { stdout } = spawnSync('npm', [...args, ...workspaces], { cwd: repository, encoding: 'utf8' });
  packed = Object.values(JSON.parse(stdout) as Record<string, Packed>);
});
afterAll(() => folder[Symbol.dispose]());

const readJson = (path: string) => JSON.parse(readFileSync(join(repository, path), 'utf8'));

/** Every path that a field of package.json names. */
const pathsIn = (field: unknown): string[] =>
  typeof field === 'string' ? [field] : Object.values(field ?? {}).flatMap(pathsIn);

describe.each(PACKAGES)('packages/%s', (directory) => {
  const json = readJson(`packages/${directory}/package.json`);
  const packedAs = () => packed.find(({ name }) => name === json.name)?.files ?? [];
  const paths = () => packedAs().map(({ path }) => path);

  test('is published with its README and licence, all that it exports, and nothing else', () => {
    expect(paths()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(paths().filter((path) => !PUBLISHED.test(path))).toEqual([]);
    const named = [...pathsIn(json.exports), ...pathsIn(json.bin)].map((path) => path.replace('./', ''));
    expect(paths()).toEqual(expect.arrayContaining(named));
    for (const command of pathsIn(json.bin)) {
      const file = packedAs().find(({ path }) => path === command.replace('./', ''));
      expect((file?.mode ?? 0) & 0o111, command).toBe(0o111);
    }
  });

  test('has the licence of the whole', () => {
    const [ours, whole] = [join('packages', directory, 'LICENSE'), 'LICENSE'];
    expect(readFileSync(join(repository, ours), 'utf8')).toBe(readFileSync(join(repository, whole), 'utf8'));
  });

  test('says what it is and what it runs on', () => {
    const { version, engines } = readJson('packages/qilin/package.json');
    expect(json).toMatchObject({ version, engines, license: 'MIT', type: 'module', description: expect.any(String) });
    expect(json.exports['.']).toEqual({ types: './dist/index.d.ts', default: './dist/index.js' });
    const ofOurs = Object.entries({ ...json.dependencies, ...json.peerDependencies }).filter(([name]) =>
      /^(?:qilin$|@qilin\/)/.test(name),
    );
    expect(ofOurs.map(([, wanted]) => wanted)).toEqual(ofOurs.map(() => version));
  });
});

/** The commands of the README in order, typed in a folder that has the two tarballs, and what they need from others. */
describe('packages/qilin/README.md', () => {
  const readme = readFileSync(join(repository, 'packages/qilin/README.md'), 'utf8');
  const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
  const [program = ''] = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, text = '']) => text);

  test('its program is served, looked at, reloaded and ended by its commands', async () => {
    using place = temporaryFolder();
    const modules = join(place.path, 'node_modules');
    for (const name of ['qilin', '@qilin/picoev']) unpack(name, join(modules, name));
    const { dependencies } = JSON.parse(readFileSync(join(modules, 'qilin/package.json'), 'utf8'));
    for (const name of Object.keys(dependencies))
      if (!existsSync(join(modules, name))) symlinkSync(join(repository, 'node_modules', name), join(modules, name));
    mkdirSync(join(modules, '.bin'));
    for (const name of ['qilin', 'qilinctl']) symlinkSync(`../qilin/bin/${name}.js`, join(modules, '.bin', name));
    write(place.path, 'app.js', program);

    const [install, start = '', curl = '', ...steered] = commands;
    expect(install).toBe('npm install qilin');
    const port = await freePort();
    const [file = '', ...args] = start.replace(':8000', `:${port}`).split(' ');
    await using server = await startQilin(args, { program: [join(place.path, file)], bind: null, cwd: place.path });
    expect(curl).toBe('curl http://127.0.0.1:8000/');
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, text: 'Hello\n' });
    const told = steered.map((command) =>
      spawnSync('sh', ['-c', command], { cwd: place.path, encoding: 'utf8' }).stdout.split('\n', 1).join(''),
    );
    expect(told).toEqual([
      expect.stringMatching(/generation 1, 2 of 2 workers serve$/),
      'Done: generation 2 serves',
      'The server has ended',
    ]);
    expect((await server.exited).status).toBe(0);
  });

  test('begins in a screen', () => expect(readme.split('\n').length).toBeLessThan(50));

  test('names pages that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !existsSync(join(repository, 'packages/qilin', link)))).toEqual([]);
  });

  function unpack(name: string, to: string): void {
    const tarball = packed.find((one) => one.name === name)?.filename ?? '';
    mkdirSync(to, { recursive: true });
    const args = ['-xzf', join(folder.path, tarball), '-C', to, '--strip-components=1'];
    expect(spawnSync('tar', args).status, dirname(to)).toBe(0);
  }
});

describe.each(['qilin', 'flask'])('the commands of packages/%s', (name) => {
  const file = join(repository, 'packages', name, 'bin/require-node.js');
  const run = (version: string) => {
    const versions = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`;
    const script = `${versions} await import(${JSON.stringify(file)}); console.log('goes on');`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  };

  test('need a Node that they run on, and say which', () => {
    const { status, stderr } = run('18.20.8');
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^${name}: Node 20.11 or later is needed \\(this is v[\\d.]+\\): .*\\n$`));
    expect([run('20.10.0').status, run('20.11.0').status, run('26.0.0').status]).toEqual([1, 0, 0]);
  });
});
