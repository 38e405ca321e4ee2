/** Who is measured: each contender as the command that serves a kind of work on a port. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBun, here, program } from './prepare.mjs';

const qilin = fileURLToPath(new URL('../packages/qilin/bin/qilin.js', import.meta.url));
const server = (/** @type {string} */ name) => join(here, 'servers', name);

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(port: number, work: string) => readonly string[]} command
 * @property {() => boolean} isThere Whether this machine and this version have it.
 */

const always = () => true;

/** @param {string} workerClass @param {string} app @returns {(port: number) => string[]} */
function served(workerClass, app) {
  const connections = ['--worker-connections', '20000', '--keep-alive', '600', '--backlog', '8192'];
  return (port) => [
    process.execPath,
    ...[qilin, '-w', '1', '-k', workerClass, '-b', `127.0.0.1:${port}`],
    ...[...connections, '--log-level', 'warning', app],
  ];
}

/** Asked once: it starts a process. */
const classes = new Map();

/** @param {string} workerClass */
function hasClass(workerClass) {
  if (!classes.has(workerClass)) {
    const args = [qilin, '--check-config', '-k', workerClass, `${join(here, 'apps.mjs')}:fetchers.hello`];
    classes.set(workerClass, spawnSync(process.execPath, args, { stdio: 'ignore' }).status === 0);
  }
  return classes.get(workerClass);
}

/** @param {string} workerClass @returns {Contender} */
const fetchOn = (workerClass) => ({
  name: `qilin ${workerClass}`,
  command: (port, work) => served(workerClass, `${join(here, 'apps.mjs')}:fetchers.${work}`)(port),
  isThere: () => hasClass(workerClass),
});

/** @param {string} workerClass @returns {Contender} */
const listenerOn = (workerClass) => ({
  name: `qilin ${workerClass}, (req, res)`,
  command: (port, work) => served(workerClass, `${join(here, 'apps.mjs')}:listeners.${work}`)(port),
  isThere: () => hasClass(workerClass),
});

/** @param {string} workerClass @returns {Contender} */
const expressOn = (workerClass) => ({
  name: `Express on qilin ${workerClass}`,
  command: served(workerClass, `${server('express.mjs')}:app`),
  isThere: () => hasClass(workerClass),
});

export const limit = {
  name: 'C loop',
  command: (/** @type {number} */ port) => [program('limit'), String(port)],
  isThere: always,
};

export const node = {
  name: 'node:http',
  command: (/** @type {number} */ port, /** @type {string} */ work) => [
    process.execPath,
    server('node.mjs'),
    String(port),
    work,
  ],
  isThere: always,
};

export const cluster = {
  name: 'node:cluster',
  command: (/** @type {number} */ port, /** @type {string} */ work) => [
    process.execPath,
    server('cluster.mjs'),
    String(port),
    work,
  ],
  isThere: always,
};

export const bun = {
  name: 'Bun.serve',
  command: (/** @type {number} */ port, /** @type {string} */ work) => [
    findBun() ?? '',
    server('bun.mjs'),
    String(port),
    work,
  ],
  isThere: () => findBun() !== undefined,
};

export const express = {
  name: 'Express on node:http',
  command: (/** @type {number} */ port) => [process.execPath, server('express.mjs'), String(port)],
  isThere: always,
};

/** Debian's own: its Flask is what @qilin/flask is compared with in the tests. @param {string} name @param {string} app */
const onGunicorn = (name, app) => ({
  name,
  command: (/** @type {number} */ port) => [
    '/usr/bin/gunicorn',
    ...['-w', '1', '-k', 'gevent', '-b', `127.0.0.1:${port}`, '--keep-alive', '600', '--log-level', 'error'],
    ...['--chdir', join(here, 'servers'), `flask_app:${app}`],
  ],
  isThere: () =>
    spawnSync('/usr/bin/python3', ['-c', 'import flask, gevent, gunicorn'], { stdio: 'ignore' }).status === 0,
});

/** @param {string} name @param {string} app @returns {Contender} */
const flaskOnPicoev = (name, app) => ({
  name,
  command: served('picoev', `${server('flask.mjs')}:${app}`),
  isThere: () => hasClass('picoev'),
});

export const gunicorn = onGunicorn('Flask on gunicorn and gevent', 'app');
export const flask = flaskOnPicoev('@qilin/flask on picoev', 'app');
export const gunicornBlog = onGunicorn("Flask's blog on gunicorn and gevent", 'blog');
export const flaskBlog = flaskOnPicoev('the blog of @qilin/flask on picoev', 'blog');

export const async = fetchOn('async');
export const picoev = fetchOn('picoev');
export const threads = fetchOn('threads');
export const asyncListener = listenerOn('async');
export const expressAsync = expressOn('async');
export const expressPicoev = expressOn('picoev');
