/**
 * Whose tests are run: a repository (owner/name) at a tag, the folder in it, what is done after `npm install`, and the command
 * of its tests. The command is the project's own, less linting and coverage, with a reporter of ours.
 *
 * @typedef {object} Project
 * @property {string} name Of its package.
 * @property {string} repository
 * @property {string} tag
 * @property {string} [folder] In the repository.
 * @property {'mocha' | 'vitest' | 'node' | 'lab' | 'files'} runner What runs the tests; `files`: each file is a program that fails or not.
 * @property {readonly string[]} tests Arguments of the runner.
 * @property {readonly string[]} [each] Files (folder/start*end) that are run one by one: what ends one of them ends no other.
 * @property {readonly string[]} [packages] What the tests need and the folder's package.json does not name: of a workspace's root.
 * @property {readonly (readonly string[])[]} [build] Commands before the tests.
 * @property {Readonly<Record<string, string>>} [environment]
 */

const PLAIN = ['--check-leaks', 'test/'];

/** @type {readonly Project[]} */
export const PROJECTS = [
  {
    name: 'express',
    repository: 'expressjs/express',
    tag: 'v5.2.1',
    runner: 'mocha',
    tests: ['--require', 'test/support/env', '--check-leaks', 'test/', 'test/acceptance/'],
  },
  {
    name: 'fastify',
    repository: 'fastify/fastify',
    tag: 'v5.12.1',
    runner: 'node',
    tests: ['test/*.test.js', 'test/*/*.test.js'],
  },
  { name: 'koa', repository: 'koajs/koa', tag: 'v3.2.0', runner: 'node', tests: [] },
  {
    name: 'connect',
    repository: 'senchalabs/connect',
    tag: '3.7.0',
    runner: 'mocha',
    tests: ['--require', 'test/support/env', ...PLAIN],
  },
  {
    name: 'ws',
    repository: 'websockets/ws',
    tag: '8.21.0',
    runner: 'mocha',
    tests: ['--throw-deprecation', 'test/*.test.js'],
  },
  {
    name: 'engine.io',
    repository: 'socketio/socket.io',
    tag: 'engine.io@6.6.9',
    folder: 'packages/engine.io',
    runner: 'mocha',
    tests: ['test/engine.io.js', 'test/server.js', 'test/middlewares.js', 'test/parser.js'],
    packages: [
      'mocha@10',
      'expect.js@0.3',
      'superagent@8',
      'express-session@1',
      'helmet@7',
      'cookie@0.7',
      'engine.io-client@6',
      'engine.io-client-v3@npm:engine.io-client@3.5.2',
      'uWebSockets.js@npm:empty-npm-package@1',
      'typescript@5',
      'rimraf@6',
      '@types/node@24',
    ],
    build: [['npx', 'tsc', '--noCheck']],
  },
  {
    name: 'socket.io',
    repository: 'socketio/socket.io',
    tag: 'socket.io@4.8.3',
    folder: 'packages/socket.io',
    runner: 'mocha',
    tests: ['--import=tsx', '--slow', '200', '--timeout', '10000', 'test/index.ts'],
    packages: [
      'mocha@10',
      'expect.js@0.3',
      '@types/expect.js@0.3',
      '@types/mocha@10',
      'superagent@8',
      'supertest@6',
      'socket.io-client@4',
      'socket.io-client-v2@npm:socket.io-client@2.4.0',
      'uWebSockets.js@npm:empty-npm-package@1',
      'tsx@4',
      'typescript@5',
      '@types/node@24',
    ],
    build: [['npx', 'tsc', '--noCheck']],
  },
  {
    name: 'http-proxy',
    repository: 'http-party/node-http-proxy',
    tag: '1.18.1',
    runner: 'mocha',
    tests: ['test/*-test.js'],
    // Its own, 3, knows no --exit.
    packages: ['mocha@8'],
  },
  {
    name: 'superagent',
    repository: 'ladjs/superagent',
    tag: 'v8.1.2',
    runner: 'mocha',
    tests: ['--require', 'should', '--slow', '2000', '--timeout', '5000'],
    each: ['test/*.js', 'test/node/*.js'],
    build: [['npm', 'run', 'build:lib']],
    environment: { NODE_ENV: 'test' },
  },
  { name: 'body-parser', repository: 'expressjs/body-parser', tag: 'v2.3.0', runner: 'mocha', tests: PLAIN },
  { name: 'on-finished', repository: 'jshttp/on-finished', tag: 'v2.4.1', runner: 'mocha', tests: PLAIN },
  {
    name: '@hapi/hapi',
    repository: 'hapijs/hapi',
    tag: 'v21.4.7',
    runner: 'lab',
    tests: ['-a', '@hapi/code', '-m', '5000'],
  },
  {
    name: 'restify',
    repository: 'restify/node-restify',
    tag: 'v11.2.0',
    runner: 'mocha',
    tests: ['--timeout', '10000'],
    each: ['test/*.test.js', 'test/plugins/*.test.js'],
  },
  { name: 'send', repository: 'pillarjs/send', tag: '1.2.1', runner: 'mocha', tests: PLAIN },
  { name: 'serve-static', repository: 'expressjs/serve-static', tag: 'v2.2.1', runner: 'mocha', tests: PLAIN },
  { name: 'compression', repository: 'expressjs/compression', tag: 'v1.8.1', runner: 'mocha', tests: PLAIN },
  { name: 'multer', repository: 'expressjs/multer', tag: 'v2.1.1', runner: 'mocha', tests: [...PLAIN] },
  {
    name: 'formidable',
    repository: 'node-formidable/formidable',
    tag: 'v3.5.4',
    runner: 'node',
    tests: ['test-node/**/*.test.js'],
  },
  { name: 'morgan', repository: 'expressjs/morgan', tag: '1.10.1', runner: 'mocha', tests: PLAIN },
  {
    name: 'express-session',
    repository: 'expressjs/session',
    tag: 'v1.19.0',
    runner: 'mocha',
    tests: ['--require', 'test/support/env', ...PLAIN],
    build: [['sh', './test/support/gencert.sh']],
  },
  {
    name: 'http-proxy-middleware',
    repository: 'chimurai/http-proxy-middleware',
    tag: 'v4.2.0',
    runner: 'vitest',
    tests: [],
    build: [['npx', 'tsc', '--build']],
  },
  { name: '@hono/node-server', repository: 'honojs/node-server', tag: 'v2.0.11', runner: 'vitest', tests: [] },
  { name: 'srvx', repository: 'h3js/srvx', tag: 'v0.12.7', runner: 'vitest', tests: ['test/node'] },
  {
    name: 'hono',
    repository: 'honojs/hono',
    tag: 'v4.13.3',
    runner: 'vitest',
    tests: ['--project', 'node'],
    // Its tests are served by @hono/node-server, which needs a hono that is built; npm installs none in itself.
    build: [
      ['npm', 'install', '--prefix', 'node_modules/.published', '--no-audit', '--no-fund', 'hono@4.13.3'],
      ['ln', '-sfn', '.published/node_modules/hono', 'node_modules/hono'],
    ],
  },
  { name: 'finalhandler', repository: 'pillarjs/finalhandler', tag: 'v2.1.1', runner: 'mocha', tests: PLAIN },
  { name: 'cookie-session', repository: 'expressjs/cookie-session', tag: 'v2.1.1', runner: 'mocha', tests: PLAIN },
  { name: 'serve-favicon', repository: 'expressjs/serve-favicon', tag: '2.5.1', runner: 'mocha', tests: PLAIN },
  { name: 'method-override', repository: 'expressjs/method-override', tag: '3.0.0', runner: 'mocha', tests: PLAIN },
  { name: 'response-time', repository: 'expressjs/response-time', tag: 'v2.3.4', runner: 'mocha', tests: ['test/'] },
  { name: 'connect-timeout', repository: 'expressjs/timeout', tag: 'v1.9.1', runner: 'mocha', tests: PLAIN },
  { name: 'router', repository: 'pillarjs/router', tag: 'v2.2.0', runner: 'mocha', tests: PLAIN },
  {
    name: 'node',
    repository: 'nodejs/node',
    tag: 'v24.12.0',
    folder: 'test',
    runner: 'files',
    tests: ['parallel/test-http-*.js'],
  },
];
