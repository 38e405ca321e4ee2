/** Who may import whom: by folder in packages/qilin and packages/flask, by room in the kernel. Anything not listed is an error; cycles too. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { EXTENSIONS, root } from './prepare.mjs';

/**
 * Folder of packages/qilin/src → what its files may import. A folder within a folder that has its own line obeys that one.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const ALLOWED = {
  contract: ['@qilin/picoev'],
  modules: ['contract'],
  app: ['contract', 'modules'],
  http: ['contract', '@qilin/picoev'],
  'http/node': ['contract', 'http', 'http/light', '@qilin/picoev'],
  'http/light': ['contract', 'http', '@qilin/picoev'],
  files: ['contract'],
  observe: ['contract', 'files', '@qilin/picoev'],
  settings: ['contract', 'modules'],
  worker: [
    'contract',
    'files',
    'modules',
    'app',
    'http',
    'http/light',
    'observe',
    'worker/classes',
    'worker/node-http',
    'worker/threads',
    '@qilin/picoev',
  ],
  'worker/classes': ['contract', 'modules', 'worker/node-http', 'worker/native', 'worker/threads'],
  'worker/node-http': ['contract', 'http', 'http/node', 'worker', 'worker/upgrades', '@qilin/picoev'],
  'worker/native': [
    'contract',
    'http',
    'http/node',
    'http/light',
    'worker',
    'worker/node-http',
    'worker/upgrades',
    '@qilin/picoev',
  ],
  'worker/upgrades': ['contract'],
  'worker/threads': ['contract', 'app', 'observe', 'worker', 'worker/classes', '@qilin/picoev'],
  admin: ['contract'],
  control: ['contract'],
  dashboard: ['contract', 'admin', 'control'],
  page: ['contract', 'dashboard'],
  arbiter: ['contract', 'files', 'settings', 'observe', 'admin', 'control', 'dashboard', '@qilin/picoev'],
  serve: ['contract', 'settings', 'app', 'http/light', 'observe', 'worker', 'worker/classes', '@qilin/picoev'],
  cli: ['contract', 'settings', 'arbiter', 'control', 'observe'],
  '.': ['contract', 'settings', 'serve'],
};

/** What of packages/flask is pure of the app. */
const PURE_OF_THE_APP = [
  'base',
  'http',
  'routing',
  'exceptions',
  'replies',
  'hooks',
  'files',
  'forms',
  'sessions',
  'templating',
];

/**
 * The same for packages/flask/src; `contract` is the file contract.ts. Types count: nothing knows what it is part of.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const ALLOWED_IN_FLASK = {
  base: ['@qilin/jinja'],
  http: ['base'],
  routing: ['base', 'http'],
  exceptions: ['base', 'http'],
  replies: ['base', 'http', 'exceptions'],
  hooks: ['exceptions', 'replies', 'routing'],
  files: ['http'],
  forms: ['base', 'http'],
  sessions: ['base', 'http'],
  templating: ['base', 'files', '@qilin/jinja'],
  security: [],
  commands: ['base'],
  contract: PURE_OF_THE_APP,
  request: ['contract', ...PURE_OF_THE_APP],
  testing: ['contract', 'request', 'commands', ...PURE_OF_THE_APP],
  'dev-server': ['@qilin/jinja', 'contract', 'base', 'http', 'exceptions'],
  app: ['contract', 'request', 'testing', 'dev-server', 'commands', '@qilin/jinja', ...PURE_OF_THE_APP],
  cli: ['app', 'commands', 'dev-server', 'base', 'routing'],
  '.': ['contract', 'app', 'request', 'testing', 'dev-server', 'security', 'commands', ...PURE_OF_THE_APP],
};

/**
 * Room of packages/picoev/native → the rooms whose headers it may include.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const ROOMS = {
  base: [],
  http1: [],
  net: ['base'],
  watch: ['base', 'stream'],
  stream: ['base'],
  loop: ['base', 'net', 'http1'],
  napi: ['base', 'net', 'http1', 'loop', 'watch', 'stream'],
};

/** The framework runs wherever fetch handlers do: only these files may know the server, and only lazily. */
const MAY_IMPORT_QILIN = ['dev-server/run.ts'];

/**
 * Modules of Node's that take 5 to 60 ms to load, each time a worker boots, and the only files that may import more of them than
 * types: the others go by contract/node-http.ts and node-util.ts, or load what they need when they need it.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const SLOW = {
  'node:http': [],
  'node:https': [],
  'node:http2': [],
  'node:tls': [],
  'node:util': [],
  // Is itself loaded for the first who asks for the dashboard.
  'node:crypto': ['dashboard/dashboard.ts'],
  // Is itself loaded where there is an inspector.
  'node:inspector': ['worker/inspector.ts'],
  'node:inspector/promises': ['worker/recorder.ts'],
};

/** In a thread, `process.exit` ends the thread alone. */
const MAY_EXIT = [/^cli\//, /^worker\/main\.ts$/, /^worker\/threads\/main\.ts$/];

/**
 * The same for packages/jinja/src.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const ALLOWED_IN_JINJA = {
  errors: [],
  values: ['errors'],
  syntax: ['errors', 'values'],
  compile: ['errors', 'values', 'syntax'],
  runtime: ['errors', 'values'],
  filters: ['errors', 'values', 'runtime'],
  tests: ['values', 'runtime'],
  loaders: ['errors'],
  '.': ['errors', 'values', 'syntax', 'compile', 'runtime', 'filters', 'tests', 'loaders'],
};

/** Every `from '…'`, `import '…'` and `import('…')` of a file's text, types included. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\()'([^']+)'/g;

/** @returns {string[]} a sentence for each import that goes the wrong way */
export function checkImports() {
  const qilin = readSources('packages/qilin/src', '.ts');
  const picoev = readSources('packages/picoev/src', '.ts');
  const flask = readSources('packages/flask/src', '.ts');
  const jinja = readSources('packages/jinja/src', '.ts');
  return [
    ...[...qilin].flatMap(([file, { text, targets }]) => [
      ...checkDirections(ALLOWED, file, targets),
      ...checkExit(file, text),
      ...checkSlow(file, text),
    ]),
    ...[...flask].flatMap(([file, source]) => [
      ...checkDirections(ALLOWED_IN_FLASK, file, source.targets),
      ...checkPackages(file, source, flaskDependencies()),
    ]),
    ...[...jinja].flatMap(([file, { targets }]) => [
      ...checkDirections(ALLOWED_IN_JINJA, file, targets),
      ...checkPure(file, targets),
    ]),
    ...EXTENSIONS.flatMap(checkExtension),
    ...[qilin, picoev, flask, jinja].flatMap(findCycles),
    ...checkRooms(),
  ];
}

/**
 * @typedef {{ text: string, targets: string[] }} Source A file's text, and what it imports: other files by their path in the
 *   same folder, packages by their name.
 */

/**
 * @param {string} folder @param {string} ending
 * @returns {Map<string, Source>} by path in the folder
 */
function readSources(folder, ending) {
  const source = join(root, folder);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ending));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(source, file), 'utf8');
      const targets = [...text.matchAll(IMPORT)].map(([, specifier = '']) =>
        specifier.startsWith('.') ? relative(source, resolve(source, dirname(file), specifier)) : specifier,
      );
      return [file, { text, targets }];
    }),
  );
}

/**
 * @param {Readonly<Record<string, readonly string[]>>} allowed
 * @param {string} file
 * @returns the nearest folder that has rules of its own; of a file that has, its name
 */
function folderOf(allowed, file) {
  const own = file.replace(/\.ts$/, '');
  let folder = own in allowed ? own : dirname(file);
  while (!(folder in allowed) && folder !== '.') folder = dirname(folder);
  return folder;
}

/** @param {Readonly<Record<string, readonly string[]>>} allowed @param {string} file @param {readonly string[]} targets */
function checkDirections(allowed, file, targets) {
  const folder = folderOf(allowed, file);
  return targets
    .filter((target) => target.endsWith('.ts') || target.startsWith('@qilin/'))
    .filter((target) => {
      const to = target.endsWith('.ts') ? folderOf(allowed, target) : target;
      return to !== folder && !allowed[folder]?.includes(to);
    })
    .map((target) => `${file} may not import ${target}`);
}

/** @param {string} file @param {string} text */
function checkExit(file, text) {
  if (!/\bprocess\.exit\(/.test(text) || MAY_EXIT.some((pattern) => pattern.test(file))) return [];
  return [`${file} may not call process.exit: only cli/, worker/main.ts and worker/threads/main.ts may`];
}

/** @param {string} file @param {string} text */
function checkSlow(file, text) {
  return [...text.matchAll(/^import (?!type\b)[^;]*? from '(node:[^']+)'/gm)]
    .map(([, module = '']) => module)
    .filter((module) => module in SLOW && !SLOW[module]?.includes(file))
    .map((module) => `${file} may not import ${module}, which is slow to load (contract/node-http.ts)`);
}

/** What the rooms of the kernel include of each other, and that only some know Node. */
function checkRooms() {
  const folder = join(root, 'packages/picoev/native');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(h|cc)$/.test(file));
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const room = dirname(file);
    const wrong = [...text.matchAll(/#include "([^"]+)"/g)]
      .map(([, header = '']) => header)
      .filter((header) => dirname(header) !== room && !ROOMS[room]?.includes(dirname(header)))
      .map((header) => `native/${file} may not include ${header}`);
    const knowsNode = /#include <node_api/.test(text) && room !== 'napi';
    return knowsNode ? [...wrong, `native/${file} may not know Node-API: only napi/ may`] : wrong;
  });
}

/** The template engine is pure: only its loader of files may know Node. @param {string} file @param {readonly string[]} targets */
function checkPure(file, targets) {
  if (file === 'loaders/file-system.ts') return [];
  return targets
    .filter((target) => !target.endsWith('.ts'))
    .map((target) => `packages/jinja/src/${file} may not import ${target}`);
}

/** What an extension may know besides Flask. */
const MAY_IMPORT = new Map([['flask-limiter', '@qilin/limits']]);

/** An extension knows Flask, web standards and node: builtins, and has no cycle; types of what users bring may be named. @param {string} name */
function checkExtension(name) {
  const sources = readSources(`packages/${name}/src`, '.ts');
  const wrong = [...sources].flatMap(([file, { text, targets }]) =>
    targets
      .filter((target) => !target.endsWith('.ts') && !target.startsWith('node:') && target !== '@qilin/flask')
      .filter((target) => target !== MAY_IMPORT.get(name) && !isTypeOnly(text, target))
      .map((target) => `packages/${name}/src/${file} may not import ${target}`),
  );
  return [...wrong, ...findCycles(sources)];
}

/** @returns {string[]} */
function flaskDependencies() {
  /** @type {{ dependencies: Record<string, string>, peerDependencies: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(root, 'packages/flask/package.json'), 'utf8'));
  return [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
}

/**
 * The framework knows web standards, node: builtins and its own dependencies; the server lazily.
 * @param {string} file @param {Source} source @param {readonly string[]} dependencies
 */
function checkPackages(file, { text }, dependencies) {
  /** @type {string[]} */
  const violations = [];
  for (const [statement, specifier = ''] of text.matchAll(IMPORT)) {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    const isLazy = statement.startsWith('import(');
    const isAllowed = name === 'qilin' ? isLazy && MAY_IMPORT_QILIN.includes(file) : dependencies.includes(name);
    if (!isAllowed && !isTypeOnly(text, specifier))
      violations.push(`packages/flask/src/${file} may not import ${specifier}`);
  }
  if (/\bprocess\.exit\(/.test(text) && !file.startsWith('cli/'))
    violations.push(`packages/flask/src/${file} may not call process.exit`);
  return violations;
}

/** @param {string} text @param {string} specifier */
const isTypeOnly = (text, specifier) =>
  text.split('\n').some((line) => line.startsWith('import type ') && line.endsWith(`from '${specifier}';`));

/**
 * @param {Map<string, Source>} sources
 * @returns {string[]}
 */
function findCycles(sources) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const cycles = [];
  /** @param {string} file @param {string[]} path */
  const visit = (file, path) => {
    if (path.includes(file)) {
      cycles.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const target of sources.get(file)?.targets ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}
