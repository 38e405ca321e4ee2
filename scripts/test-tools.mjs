/** What the tests use from the system: fetched from Debian's packages where that may be done. Repeats nothing done. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from './prepare.mjs';
import { installNodes } from './test-nodes.mjs';

/**
 * Debian's package → the command that is there once it is installed. test/needs.ts skips what misses its tool, and says so.
 * The cases of @qilin/flask state what Flask 2.2 does, Debian's: later ones differ in details.
 * @satisfies {Readonly<Record<string, readonly string[]>>}
 */
export const TOOLS = {
  'python3-flask': [
    '/usr/bin/python3',
    '-c',
    'import importlib.metadata as m; assert m.version("flask").startswith("2.2.")',
  ], // test/flask/differential and packages/flask/test: the reference
  'python3-jinja2': ['/usr/bin/python3', '-c', 'import jinja2; assert jinja2.__version__.startswith("3.1.")'], // packages/jinja/test/judge: the reference
  // test/flask/microblog: what the Python twin is made of
  'python3-flask-login': ['test', '-e', '/usr/lib/python3/dist-packages/flask_login'],
  'python3-flaskext.wtf': ['test', '-e', '/usr/lib/python3/dist-packages/flask_wtf'],
  'python3-flask-cors': ['test', '-e', '/usr/lib/python3/dist-packages/flask_cors'],
  'python3-flask-limiter': ['test', '-e', '/usr/lib/python3/dist-packages/flask_limiter'],
  'redis-server': ['redis-server', '--version'], // the sessions of @qilin/flask in Redis
  'nginx-light': ['/usr/sbin/nginx', '-v'], // test/processes/{behind-nginx,kept-upstream}.test.ts: what docs/apps.md and docs/proxies.md say of it
  haproxy: ['/usr/sbin/haproxy', '-v'], // test/processes/{behind-haproxy,kept-upstream}.test.ts: what docs/proxies.md says of it
  caddy: ['/usr/bin/caddy', 'version'], // test/processes/deploy.test.ts: deploy/caddy
  systemd: ['systemd-analyze', '--version'], // test/processes/deploy.test.ts
  perl: ['perl', '-MIO::Socket::UNIX', '-e', '1'], // test/processes/notify-socket.ts: Node has no datagram sockets of unix
  python3: ['python3', '-c', 'import os, socket; socket.SCM_CREDENTIALS; os.waitstatus_to_exitcode'], // test/processes/service-manager.ts: the same, with descriptors
  logrotate: ['/usr/sbin/logrotate', '--version'], // test/processes/deploy.test.ts
  tmux: ['tmux', '-V'], // test/processes/looks.test.ts: qilinctl top in a terminal
  zsh: ['zsh', '--version'], // test/processes/looks.test.ts: completion
  fish: ['fish', '--version'], // the same
  'libuv1-dev': ['test', '-e', '/usr/include/uv.h'], // packages/picoev/test/native.test.ts: a loop without Node
  clang: ['clang', '--version'], // scripts/fuzz.mjs
  'libclang-rt-14-dev': ['sh', '-c', 'ls "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*'],
  valgrind: ['valgrind', '--version'], // scripts/sanitize.mjs
  postgresql: ['sh', '-c', 'ls /usr/lib/postgresql/*/bin/initdb'], // test/recipes
  chromium: ['/usr/bin/chromium', '--version'], // test/flask/blog.test.ts: the browser
};

/** What `npm test` goes without. @type {readonly string[]} */
const ONLY_BY_NAME = ['postgresql']; // npm run recipes

/** @param {keyof typeof TOOLS} name */
export const hasTool = (name) => works(TOOLS[name]);

/** @param {readonly string[]} names */
export const installWith = (names) => `apt-get install ${names.join(' ')}`;

/** @param {readonly string[]} command */
const works = ([command = '', ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** @param {string} name @returns {name is keyof typeof TOOLS} */
const isTool = (name) => Object.hasOwn(TOOLS, name);

/**
 * Installs what is missing, where that may be done.
 * @param {readonly (keyof typeof TOOLS)[]} [names]
 * @returns {readonly string[]} what is missing still
 */
export function installTools(
  names = Object.keys(TOOLS)
    .filter(isTool)
    .filter((name) => !ONLY_BY_NAME.includes(name)),
) {
  const missing = names.filter((name) => !hasTool(name));
  if (missing.length === 0 || process.getuid?.() !== 0 || !works(['apt-get', '--version'])) return missing;
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing]);
  return missing.filter((name) => !hasTool(name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installNodes();
  const missing = installTools();
  if (missing.length > 0) {
    const isCi = (process.env['CI'] ?? '') !== '';
    console.error(
      `${isCi ? 'In CI no test is skipped for want of a tool' : 'Some tests are skipped'}: ${installWith(missing)}.`,
    );
    if (isCi) process.exit(1);
  }
}
