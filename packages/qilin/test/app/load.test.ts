/** Loads real files in a process each, with the built code: the test runner's own module loader would stand in the way. */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Outcome {
  readonly kind?: string;
  readonly text: string;
  readonly code?: string;
  readonly status?: number;
  readonly notes?: readonly string[];
  readonly shutdown?: unknown;
}

let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'qilin-load-')));
  write('package.json', '{ "type": "module" }');
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function load(
  app: string,
  more: { called?: string; patience?: number; abortAfterLoad?: boolean; chdir?: string } = {},
) {
  return new Promise<Outcome>((resolve, reject) => {
    const job = JSON.stringify({ app, chdir: folder, ...more });
    const child = fork(join(import.meta.dirname, 'load-child.mjs'), [job], { execArgv: [] });
    let outcome: Outcome | undefined;
    child.once('message', (told: Outcome) => {
      outcome = told;
    });
    child.once('exit', (status) => {
      if (outcome) resolve(outcome);
      else reject(new Error(`The child ended with status ${status} before it told anything.`));
    });
  });
}

const served = (kind: string, text: string) => expect.objectContaining({ kind, text });
const failed = (code: string, status: number, ...texts: (string | RegExp)[]) =>
  expect.objectContaining({ code, status, text: allOf(texts) });

function allOf(texts: readonly (string | RegExp)[]): unknown {
  const sources = texts.map((text) =>
    typeof text === 'string' ? text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : text.source,
  );
  return expect.stringMatching(new RegExp(sources.map((source) => `(?=[\\s\\S]*?${source})`).join(''), 'm'));
}

const LISTENER = `(req, res) => res.end('hello')`;

describe('what is found', () => {
  test('a TypeScript module by its name without extension, and its export', async () => {
    write('flask_server.ts', `export const app = (request: Request) => new Response('hello');`);
    expect(await load('flask_server:app')).toEqual(served('fetch', 'hello'));
  });

  test('TypeScript in a folder without package.json, which is CommonJS to Node', async () => {
    rmSync(join(folder, 'package.json'));
    write('server.ts', `export default { fetch: (request: Request): Response => new Response('hello') };`);
    expect(await load('./server.ts')).toEqual(served('fetch', 'hello'));
  });

  test.each([
    [
      'an import without extension',
      `import { text } from './lib/text'; export default { fetch: () => new Response(text) };`,
    ],
    ['an enum', `enum Text { X = 'hello' } export default { fetch: () => new Response(Text.X) };`],
    [
      'a parameter property',
      `class A { constructor(readonly text: string) {} } export default { fetch: () => new Response(new A('hello').text) };`,
    ],
    [
      'a decorator',
      `function d(_: unknown, __: unknown) {} class A { @d m() { return 'hello'; } }
       export default { fetch: () => new Response(new A().m()) };`,
    ],
  ])('TypeScript with %s, on every Node', async (_what, text) => {
    write('lib/text.ts', `export const text: string = 'hello';`);
    write('server.ts', text);
    expect(await load('server')).toEqual(served('fetch', 'hello'));
  });

  test.each(['module', 'commonjs'])(
    'TypeScript (%s) by the tsconfig.json that is nearest to it, wherever one starts it',
    async (type) => {
      write('apps/api/package.json', `{ "type": "${type}" }`);
      write('tsconfig.base.json', `{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }`);
      write('apps/api/tsconfig.json', `{ "extends": "../../tsconfig.base.json" }`);
      write('lib/text.ts', `export const text: string = 'hello';`);
      write('apps/api/inner.ts', `import { text } from '@lib/text'; export { text };`);
      write(
        'apps/api/server.ts',
        `import { text } from './inner'; export const app = (_: Request) => new Response(text);`,
      );
      expect(await load('apps/api/server.ts:app')).toEqual(served('fetch', 'hello'));
    },
  );

  test('a dotted name as folders', async () => {
    write('pkg/mod.mjs', `export const app = ${LISTENER};`);
    expect(await load('pkg.mod:app')).toEqual(served('node', 'hello'));
  });

  test('a file beside a program of the same name', async () => {
    write('server', '\x7fELF');
    write('server.js', `export const app = ${LISTENER};`);
    expect(await load('server:app')).toEqual(served('node', 'hello'));
  });

  test('a package in node_modules, after files', async () => {
    write('node_modules/my-app/package.json', '{ "main": "main.cjs" }');
    write('node_modules/my-app/main.cjs', `exports.app = ${LISTENER};`);
    expect(await load('my-app:app')).toEqual(served('node', 'hello'));
  });

  test('a CommonJS app', async () => {
    write('server.cjs', `module.exports = ${LISTENER};`);
    expect(await load('server')).toEqual(served('node', 'hello'));
  });

  test('an attribute of an export, as a method of its object', async () => {
    write(
      'server.js',
      `export const site = { greeting: 'hello', api: { fetch(request) { return new Response(typeof this.fetch); } } };`,
    );
    expect(await load('server:site.api')).toEqual(served('fetch', 'function'));
  });

  test('an async factory, with its arguments and a signal that is aborted when the worker leaves', async () => {
    write(
      'server.ts',
      `export async function createApp(mode: string, level: number, { signal }: { signal: AbortSignal }) {
        signal.addEventListener('abort', () => Object.assign(globalThis, { shutdown: 'aborted' }));
        return (request: Request) => new Response(mode + level);
      }`,
    );
    const outcome = await load(`server:createApp('prod', 4)`, { abortAfterLoad: true });
    expect(outcome).toEqual(served('fetch', 'prod4'));
    expect(outcome.shutdown).toBe('aborted');
  });

  test('onShutdown of the module', async () => {
    write(
      'server.js',
      `export const app = ${LISTENER}; export function onShutdown() { globalThis.shutdown = 'closed'; }`,
    );
    expect(await load('server:app')).toMatchObject({ shutdown: 'closed' });
  });

  test('Fastify, made ready, with its own onClose hooks at shutdown', async () => {
    symlinkSync(join(import.meta.dirname, '../../../../node_modules'), join(folder, 'node_modules'));
    write(
      'server.ts',
      `import Fastify from 'fastify';
      export const app = Fastify();
      app.register(async (scope) => { scope.get('/', () => 'hello'); });
      app.addHook('onClose', () => { Object.assign(globalThis, { shutdown: 'closed' }); });`,
    );
    const outcome = await load('server:app');
    expect(outcome).toEqual(served('node', 'hello'));
    expect(outcome.shutdown).toBe('closed');
  });
});

describe('a program that listens by itself', () => {
  const program = `import { createServer } from 'node:http'; const server = createServer(${LISTENER});`;

  test('is served by its server, which opens no port', async () => {
    write('program.js', `${program} server.listen(1, () => { if (server.address().port !== 8000) process.exit(9); });`);
    expect(await load('program.js')).toEqual(served('server', 'hello'));
  });

  test('may do so in CommonJS', async () => {
    write('program.cjs', `require('node:http').createServer(${LISTENER}).listen(1);`);
    expect(await load('program.cjs')).toEqual(served('server', 'hello'));
  });

  test('may take its time before it listens', async () => {
    write('program.js', `${program} setTimeout(() => server.listen(1), 100);`);
    expect(await load('program.js')).toEqual(served('server', 'hello'));
  });

  test.each([
    ['before its main one', `setTimeout(() => createServer(${LISTENER}).listen(3000), 100)`, 'hello'],
    ['and no other', '', 'inner'],
  ])('may have an inner server that it asks itself %s', async (_, then, text) => {
    write(
      'inner.js',
      `import { createServer } from 'node:http';
       const inner = createServer((req, res) => res.end('inner')).listen(0, '127.0.0.1', async () => {
         const answer = await fetch('http://127.0.0.1:' + inner.address().port);
         if (await answer.text() === 'inner') ${then || 'console.log()'};
       });`,
    );
    expect(await load('inner.js')).toEqual(served('server', text));
  });

  test('whose export is the app keeps its inner server for itself', async () => {
    write(
      'beside.js',
      `import { createServer } from 'node:http';
       const inner = createServer((req, res) => res.end('from inside')).listen(0, '127.0.0.1');
       export const app = async (request) => fetch('http://127.0.0.1:' + inner.address().port);`,
    );
    expect(await load('beside.js:app')).toEqual(served('fetch', 'from inside'));
  });

  test('may never end its top-level await', async () => {
    write('program.js', `${program} server.listen(1); await new Promise(() => {});`);
    expect(await load('program.js')).toEqual(served('server', 'hello'));
  });

  test('is served by its export when it has one, and its listen() is told to have no effect', async () => {
    write('program.js', `${program} server.listen(1); export default (request) => new Response('exported');`);
    const outcome = await load('program.js');
    expect(outcome).toEqual(served('fetch', 'exported'));
    expect(outcome.notes).toContainEqual(expect.stringContaining('opens no port'));
  });

  test('is served by its server in spite of an export, when it imports qilin/patch', async () => {
    const patch = JSON.stringify(join(import.meta.dirname, '../../dist/app/patch.js'));
    write(
      'program.js',
      `import ${patch}; ${program} setTimeout(() => server.listen(1), 50); export const app = ${LISTENER};`,
    );
    expect(await load('program.js')).toEqual(served('server', 'hello'));
  });

  test('that fails while it starts is APP_FAILED, with its stack', async () => {
    write('program.js', `async function main() { throw new Error('no database'); } main();`);
    expect(await load('program.js')).toEqual(failed('APP_FAILED', 3, 'Error: no database', 'program.js:1'));
  });

  test('that never listens is APP_UNCLEAR', async () => {
    write('program.js', 'setInterval(() => {}, 1000);');
    expect(await load('program.js', { patience: 300 })).toEqual(
      failed('APP_UNCLEAR', 4, 'not called listen()', '0.3 s'),
    );
  });
});

describe('errors', () => {
  test.each([
    ['server.mjs', 'if (process.argv[1] === import.meta.filename) console.log(1);'],
    ['server.cjs', 'if (require.main === module) console.log(1);'],
  ])('%s that listens as the main module only is told that it is none', async (file, text) => {
    write(file, text);
    const failure = failed('APP_UNCLEAR', 4, 'not called listen()', 'it asks whether it is the main module');
    expect(await load(file, { patience: 300 })).toEqual(failure);
  });

  test('APP_NOT_FOUND lists the nearest files', async () => {
    write('src/server.ts', '');
    write('other.ts', '');
    expect(await load('srever:app')).toEqual(failed('APP_NOT_FOUND', 4, '"srever"', /did you mean src\/server\.ts/));
  });

  test('APP_EXPORT_MISSING lists the exports, the nearest first', async () => {
    write('server.ts', 'export const db = 1; export const app = (request: Request) => new Response("");');
    expect(await load('server:ap')).toEqual(failed('APP_EXPORT_MISSING', 4, 'no export "ap"', 'It exports app, db'));
  });

  test('a module without a default export gets the name of its app proposed', async () => {
    write('server.ts', 'export const app = (request: Request) => new Response("");');
    expect(await load('server')).toEqual(failed('APP_EXPORT_MISSING', 4, 'did you mean server:app?'));
  });

  test('APP_UNCLEAR says how to tell, and the flag decides', async () => {
    write('server.js', `export function app(a, b, c, d) { return new Response('hello ' + arguments.length); }`);
    expect(await load('server:app')).toEqual(failed('APP_UNCLEAR', 4, '--interface fetch'));
    expect(await load('server:app', { called: 'fetch' })).toEqual(served('fetch', 'hello 2'));
  });

  test('a program that forks workers itself is told that Qilin does', async () => {
    write(
      'server.js',
      `import cluster from 'node:cluster'; import { createServer } from 'node:http';
       if (cluster.isPrimary) cluster.fork(); else createServer(${LISTENER}).listen(1);`,
    );
    expect(await load('server.js')).toEqual(failed('APP_UNSUPPORTED', 4, 'node:cluster', '--workers'));
  });

  test('decorators that want metadata, as those of Nest, are told to be compiled first', async () => {
    write('tsconfig.json', `{ "compilerOptions": { "emitDecoratorMetadata": true } }`);
    write('src/main.ts', `export default { fetch: (_: Request) => new Response('hello') };`);
    const { notes } = await load('src/main.ts');
    expect(notes).toEqual([expect.stringMatching(/tsconfig\.json asks for emitDecoratorMetadata.*dist\/main\.js/)]);
  });

  test('what no thread may do is told with the classes that may', async () => {
    const failure = `Object.assign(new Error('process.chdir() is not supported in workers'), { code: 'ERR_WORKER_UNSUPPORTED_OPERATION' })`;
    write('server.js', `throw ${failure};`);
    expect(await load('server.js')).toEqual(
      failed('APP_FAILED', 3, 'no thread may: use class async or picoev', 'chdir'),
    );
  });

  test('an exception of the module is APP_FAILED with its stack', async () => {
    write('server.ts', `const port: number = 1;\n\nthrow new Error('broken ' + port);`);
    expect(await load('server:app')).toEqual(failed('APP_FAILED', 3, 'Error: broken 1', /server\.ts:3/));
  });

  test('a missing dependency of the app is APP_FAILED', async () => {
    write('server.js', `import 'not-installed'; export const app = ${LISTENER};`);
    expect(await load('server:app')).toEqual(failed('APP_FAILED', 3, "Cannot find package 'not-installed'"));
  });

  test('a rejecting factory is APP_FAILED', async () => {
    write('server.js', `export const create = async () => { throw new Error('no database'); };`);
    expect(await load('server:create()')).toEqual(failed('APP_FAILED', 3, 'Error: no database'));
  });

  test('a module that never ends its top-level await is told', async () => {
    write('server.js', `await new Promise(() => {}); export const app = ${LISTENER};`);
    expect(await load('server:app', { patience: 300 })).toEqual(failed('APP_UNCLEAR', 4, 'top-level await'));
  });

  test('a top-level await in TypeScript that says nowhere what it is works where Node tells by itself, or gets its cure', async () => {
    rmSync(join(folder, 'package.json'));
    write('server.ts', `export const app: unknown = await Promise.resolve(${LISTENER});`);
    expect(await load('server:app')).toEqual(
      'typescript' in process.features && process.features.typescript
        ? served('node', 'hello')
        : failed('APP_FAILED', 3, 'server.ts:1', '"type": "module"'),
    );
  });

  test.each([
    ['an ES module', 'server.js', 'server.js:2', 'server.js'],
    ['CommonJS', 'server.cjs', 'server.cjs:2', 'server.cjs'],
    ['TypeScript', 'server.ts', 'server.ts:2', 'server.ts'],
    ['a module that the app imports', 'routes.js', 'routes.js:2', 'main.js'],
  ])('a syntax error in %s shows file, line and source', async (_, broken, place, app) => {
    write('main.js', `import './routes.js';`);
    write(broken, 'const a = 1;\nlet b = ;\n');
    expect(await load(`${app}:app`)).toEqual(
      failed('APP_FAILED', 3, place, /^let b = ;$/, /^ {8}\^/, /SyntaxError.*: (?:Unexpected|Expression expected)/),
    );
  });
});
