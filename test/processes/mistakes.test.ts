/**
 * What a newcomer does wrong: the server ends with one sentence that names the cure, the same on each line of Node. What is
 * wrong with settings and addresses, of which Node's version knows nothing, is in bad-input.test.ts.
 */

import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { LINES, nodeOf } from '../../scripts/test-nodes.mjs';
import { linux, node } from '../needs.ts';
import { freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { command, QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

// Most of a start is one process that waits for another.
vi.setConfig({ maxConcurrency: 4 });

interface Mistake {
  readonly what: string;
  /** The app, as it is named on the command line. */
  readonly app: string;
  /** What stands in its folder, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The whole sentence, without the stack of an error of the app itself; `FOLDER` is where it is. */
  readonly says: string | RegExp;
  readonly status: number;
}

const LISTENER = "(req, res) => res.end('hello')";
const APP = `export const app = ${LISTENER};\n`;
const ES_MODULES = { 'package.json': '{ "type": "module" }' };
const COMMONJS = { 'package.json': '{ "type": "commonjs" }' };
const FAILED = 'failed while it was loaded';
const NO_APP = 'not an object with fetch(), a function (request) or (req, res), or an app of Express, Koa or Fastify';

const LISTENS = `require('node:http').createServer(${LISTENER}).listen(3000)`;

const NOT_FOUND: readonly Mistake[] = [
  {
    what: 'a wrong path',
    app: 'src/sever.ts:app',
    files: { 'src/server.ts': APP },
    says: 'No module "src/sever.ts" in FOLDER; did you mean src/server.ts?',
    status: 4,
  },
  {
    what: 'a file that is no module',
    app: 'app.py:app',
    files: { 'app.py': 'app = 1\n' },
    says: 'app.py is no module of JavaScript or TypeScript; name a file that ends in .ts, .mts, .cts, .tsx, .js, .mjs, .cjs, .jsx.',
    status: 4,
  },
  {
    what: 'npm, which PM2 takes',
    app: 'npm',
    files: { 'server.mjs': APP },
    says: "npm runs a program in a process of its own, which Qilin cannot serve: name the program's file, or a command of node_modules/.bin with its arguments behind --, as in next -- start.",
    status: 4,
  },
  {
    what: 'a wrong export',
    app: 'server.mjs:ap',
    files: { 'server.mjs': `${APP}export const other = 1;\n` },
    says: 'server.mjs has no export "ap". It exports app, other.',
    status: 4,
  },
  {
    what: 'an app that is not exported',
    app: 'server.mjs:app',
    files: { 'server.mjs': `const app = ${LISTENER};\n` },
    says: 'server.mjs has no export "app". It exports nothing: export the app.',
    status: 4,
  },
  {
    what: 'no word of which export',
    app: 'server.mjs',
    files: { 'server.mjs': APP },
    says: 'server.mjs has no default export; did you mean server.mjs:app?',
    status: 4,
  },
];

const WRONG_KIND: readonly Mistake[] = [
  {
    what: 'an export that is no app',
    app: 'server.mjs:app',
    files: { 'server.mjs': 'export const app = 1;\n' },
    says: `server.mjs:app is the number 1, ${NO_APP}.`,
    status: 4,
  },
  {
    what: 'a class in the place of its instance',
    app: 'server.mjs:App',
    files: { 'server.mjs': "export class App {\n  fetch() {\n    return new Response('hello');\n  }\n}\n" },
    says: `server.mjs:App is a class, ${NO_APP}; export an instance of it.`,
    status: 4,
  },
  {
    what: 'a factory that is not called',
    app: 'server.mjs:createApp',
    files: { 'server.mjs': `export const createApp = () => ${LISTENER};\n` },
    says: 'server.mjs:createApp is a function of 0 parameters, which could be a fetch handler or a Node listener; call it as server.mjs:createApp() if it makes the app, or say which with --interface fetch or --interface node.',
    status: 4,
  },
  {
    what: 'a middleware for errors',
    app: 'server.mjs:app',
    files: { 'server.mjs': 'export const app = (err, req, res, next) => next(err);\n' },
    says: 'server.mjs:app is a function of 4 parameters, which could be a fetch handler or a Node listener; say which with --interface fetch or --interface node.',
    status: 4,
  },
];

const MIXED: readonly Mistake[] = [
  {
    what: 'require() in an ES module',
    app: 'server.js:app',
    files: { ...ES_MODULES, 'server.js': `const http = require('node:http');\n${APP}` },
    says: `server.js:app ${FAILED}, for an ES module has no require: write import, or name the file server.cjs:`,
    status: 3,
  },
  {
    what: 'module.exports in an ES module',
    app: 'server.mjs',
    files: { 'server.mjs': `module.exports = ${LISTENER};\n` },
    says: `server.mjs ${FAILED}, for an ES module has no module: write export, or name the file server.cjs:`,
    status: 3,
  },
  {
    what: '__dirname in an ES module',
    app: 'server.mjs:app',
    files: { 'server.mjs': `console.log(__dirname);\n${APP}` },
    says: `server.mjs:app ${FAILED}, for an ES module has no __dirname: write import.meta.dirname, or name the file server.cjs:`,
    status: 3,
  },
  {
    what: 'import in CommonJS',
    app: 'server.js:app',
    files: { ...COMMONJS, 'server.js': `import 'node:http';\n${APP}` },
    says: `server.js:app ${FAILED}, for CommonJS has no import and export: put "type": "module" into package.json, or name the file server.mjs:`,
    status: 3,
  },
  {
    what: 'require() of an ES module that awaits',
    app: 'server.cjs',
    files: { 'server.cjs': "module.exports = require('./app.mjs').app;\n", 'app.mjs': `await null;\n${APP}` },
    says: `server.cjs ${FAILED}, for require() takes no ES module that awaits at its top level: write await import():`,
    status: 3,
  },
  {
    what: 'a package that is not installed',
    app: 'server.ts:app',
    files: { ...ES_MODULES, 'server.ts': `import 'not-installed';\n${APP}` },
    says: `server.ts:app ${FAILED}, for the package "not-installed" is not installed: is it spelled right, and in package.json?:`,
    status: 3,
  },
];

const PROGRAMS: readonly Mistake[] = [
  {
    what: 'a program that makes workers itself',
    app: 'server.cjs',
    files: {
      'server.cjs': `const cluster = require('node:cluster');\nif (cluster.isPrimary) cluster.fork();\nelse ${LISTENS};\n`,
    },
    says: 'server.cjs forks workers by node:cluster, which is what Qilin does (--workers): name the file that listens in them, or leave the fork out.',
    status: 4,
  },
  {
    what: 'a program that does not listen',
    app: 'server.mjs',
    files: { 'server.mjs': "import { createServer } from 'node:http';\ncreateServer();\n" },
    args: ['--boot-timeout', '8'],
    says: 'Within bootTimeout, 8 s, server.mjs has not called listen(), and it exports nothing: let it do one of the two.',
    status: 4,
  },
  {
    what: 'a module that never ends loading',
    app: 'server.mjs:app',
    files: { 'server.mjs': `await new Promise(() => {});\n${APP}` },
    args: ['--boot-timeout', '8'],
    says: 'Within bootTimeout, 8 s, server.mjs:app has not finished loading: a top-level await may never settle.',
    status: 4,
  },
];

const WORKER_CLASSES: readonly Mistake[] = [
  {
    what: 'a worker class that is none',
    app: 'server.mjs:app',
    files: { 'server.mjs': APP, 'mine.mjs': 'export class Mine {\n  start() {}\n}\n' },
    args: ['-k', './mine.mjs#Mine'],
    says: 'Mine of FOLDER/mine.mjs is no worker class: what it makes lacks drain(), stop(), stats(), busyFor().',
    status: 1,
  },
];

const MISTAKES = [...NOT_FOUND, ...WRONG_KIND, ...MIXED, ...PROGRAMS, ...WORKER_CLASSES];

/** What takes more of TypeScript than stripping its types. */
const TYPESCRIPT: readonly (readonly [what: string, files: Readonly<Record<string, string>>])[] = [
  ['an enum', { 'server.ts': "enum Text { X = 'hello' }\nexport const app = (_: Request) => new Response(Text.X);\n" }],
  [
    'a type that is imported as a value is, two modules deep',
    {
      ...ES_MODULES,
      'server.ts': "import { text } from './text.ts';\nexport const app = (_: Request) => new Response(text);\n",
      'text.ts': "import { Text } from './types.ts';\nexport const text: Text = 'hello';\n",
      'types.ts': 'export type Text = string;\n',
    },
  ],
  [
    'import in a package of CommonJS, of the config file too',
    {
      ...COMMONJS,
      'qilin.config.ts': "import { join } from 'node:path';\nexport default { procName: join('a', 'b') };\n",
      'server.ts': "import { text } from './text';\nexport const app = (_: Request) => new Response(text);\n",
      'text.ts': "export const text: string = 'hello';\n",
    },
  ],
  [
    'a decorator, and paths of a tsconfig',
    {
      ...ES_MODULES,
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@/*": ["./src/*"] } } }\n',
      'src/text.ts': "export const text: string = 'hello';\n",
      'server.ts':
        "import { text } from '@/text';\nconst seen = (_: object, __: string) => {};\nclass Greeter {\n  @seen greet(): string { return text; }\n}\nexport const app = (_: Request) => new Response(new Greeter().greet());\n",
    },
  ],
  [
    'an import without extension',
    {
      ...ES_MODULES,
      'server.ts': "import { text } from './text';\nexport const app = (_: Request) => new Response(text);\n",
      'text.ts': "export const text: string = 'hello';\n",
    },
  ],
];

const onNode = (line: number): readonly string[] => [nodeOf(line), command];

function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    write(folder, name, content);
  }
}

/** Starts it on a unix socket in its folder, until it ends by itself. */
async function refused({ app, args = [], files }: Mistake, program: readonly string[]) {
  using folder = temporaryFolder();
  fill(folder.path, files);
  const start = { cwd: folder.path, bind: 'unix:app.sock', program };
  await using server = new QilinProcess([...args, app], start);
  const { status } = await server.exited;
  return { status, log: server.log.replaceAll(folder.path, 'FOLDER') };
}

describe.each(LINES)('on Node %i', (line) => {
  const need = node(line);

  describe('one sentence names the cure of', () => {
    test.skipIf(need.isMissing).concurrent.each(MISTAKES)(need.named('$what'), async (mistake) => {
      const { status, log } = await refused(mistake, onNode(line));
      const [, told = ''] = /\[ERROR\] Worker \d+ failed to boot: (.*)\n/.exec(log) ?? [];
      expect(told, log).toEqual(mistake.says);
      expect(status).toBe(mistake.status);
      expect(log.match(/failed to boot: /g)).toHaveLength(1);
      // The stack of an error of the app's own ends where Qilin called it.
      expect(log).not.toMatch(/^ {4}at .*packages\/qilin\/dist\/.*\n\[/m);
      if (mistake.status !== 3) expect(log).not.toMatch(/^ {4}at /m);
    });
  });

  test.skipIf(need.isMissing).concurrent.each(TYPESCRIPT)(need.named('%s is served'), async (_, files) => {
    using folder = temporaryFolder();
    fill(folder.path, files);
    await using server = await startQilin(['server.ts:app'], { cwd: folder.path, program: onNode(line) });
    expect((await ask(server.url)).text).toBe('hello');
  });

  test.skipIf(need.isMissing)(need.named('a factory that is taken for a fetch handler is told'), async () => {
    using folder = temporaryFolder();
    write(folder.path, 'server.mjs', `export const createApp = (options) => ${LISTENER};\n`);
    const start = { cwd: folder.path, program: onNode(line) };
    await using server = await startQilin(['server.mjs:createApp'], start);
    expect((await ask(`${server.url}/a`)).status).toBe(500);
    await server.logged(
      /\[ERROR\] Error handling request GET \/a\nTypeError: The fetch handler returned \[Function.*\], not a Response: if it makes the app, call it, as in server\.ts:createApp\(\)\./,
    );
  });

  test.skipIf(need.isMissing)(need.named('a port that is taken is told with who has it'), async () => {
    using folder = temporaryFolder();
    write(folder.path, 'server.mjs', APP);
    const port = await freePort();
    const keeper = createServer().listen(port, '127.0.0.1');
    await once(keeper, 'listening');
    try {
      const start = { cwd: folder.path, bind: `127.0.0.1:${port}`, program: onNode(line) };
      await using server = new QilinProcess(['server.mjs:app'], start);
      const told = linux.isMissing ? 'in use' : `in use by \\S.* \\(pid ${process.pid}\\)`;
      await server.logged(new RegExp(`\\[ERROR\\] .*127\\.0\\.0\\.1:${port}.*${told}.*; trying again`));
    } finally {
      keeper.close();
    }
  });

  test.skipIf(need.isMissing)(need.named('without its addon the server says how to get it'), () => withoutAddon(line));
});

async function withoutAddon(line: number): Promise<void> {
  using folder = temporaryFolder();
  const copy = join(folder.path, 'node_modules');
  for (const name of ['qilin', '@qilin/picoev']) {
    const from = join(repository, 'packages', name.replace('@qilin/', ''));
    for (const part of ['package.json', 'dist', 'bin'].filter((part) => name === 'qilin' || part !== 'bin'))
      cpSync(join(from, part), join(copy, name, part), { recursive: true });
  }
  for (const name of ['chokidar', 'ipaddr.js', 'picomatch', 'tsx', 'readdirp'])
    symlinkSync(join(repository, 'node_modules', name), join(copy, name));
  write(folder.path, 'server.mjs', APP);
  const program = [nodeOf(line), join(copy, 'qilin/bin/qilin.js')];
  await using server = new QilinProcess(['server.mjs:app'], { cwd: folder.path, program });
  expect((await server.exited).status).toBe(1);
  expect(server.log.replaceAll(folder.path, 'FOLDER')).toMatch(
    /^qilin: The native addon is not built for \S+: run `npx node-gyp rebuild --directory FOLDER\/node_modules\/@qilin\/picoev\/`, with a C\+\+20 compiler and Python 3 installed\.\n$/,
  );
}
