/** Where templates come from, and how long they are kept. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ChoiceLoader,
  DictLoader,
  Environment,
  type EnvironmentOptions,
  FileSystemLoader,
  FunctionLoader,
  type Loader,
  PrefixLoader,
  TemplateNotFound,
} from '../src/index.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jinja-loaders-'));
  mkdirSync(join(folder, 'site/admin'), { recursive: true });
  writeFileSync(join(folder, 'site/index.html'), 'index {{ x }}');
  writeFileSync(join(folder, 'site/admin/users.html'), 'users');
  writeFileSync(join(folder, 'secret.html'), 'secret');
});

afterAll(() => rmSync(folder, { recursive: true }));

const render = async (loader: Loader, name: string, options: EnvironmentOptions = {}) =>
  (await new Environment({ ...options, loader }).getTemplate(name)).render({ x: 1 });

describe('FileSystemLoader', () => {
  test('finds files below its folders, the first folder first', async () => {
    const loader = new FileSystemLoader([join(folder, 'none'), join(folder, 'site')]);
    await expect(render(loader, 'index.html')).resolves.toBe('index 1');
    await expect(render(loader, 'admin/users.html')).resolves.toBe('users');
    expect(new FileSystemLoader(join(folder, 'site')).list()).toEqual(['admin/users.html', 'index.html']);
  });

  test.each(['../secret.html', 'admin/../../secret.html', 'admin', '', 'none.html', 'index.html\0', '..'])(
    'has nothing of the name %j',
    async (name) => {
      await expect(render(new FileSystemLoader(join(folder, 'site')), name)).rejects.toThrow(TemplateNotFound);
    },
  );

  test('a changed file is compiled anew, unless autoReload is off', async () => {
    const file = join(folder, 'site/changing.html');
    writeFileSync(file, 'old');
    const loader = new FileSystemLoader(join(folder, 'site'));
    const [reloads, keeps] = [new Environment({ loader }), new Environment({ loader, autoReload: false })];
    const both = () =>
      Promise.all([reloads, keeps].map(async (env) => (await env.getTemplate('changing.html')).render()));
    await expect(both()).resolves.toEqual(['old', 'old']);
    expect(await reloads.getTemplate('changing.html')).toBe(await reloads.getTemplate('changing.html'));
    writeFileSync(file, 'new');
    utimesSync(file, new Date(), new Date(Date.now() + 5000));
    await expect(both()).resolves.toEqual(['new', 'old']);
  });
});

const LOADERS: [string, Loader][] = [
  [
    'PrefixLoader',
    new PrefixLoader({
      a: new DictLoader({ 'x.html': 'ax' }),
      b: new FunctionLoader(async (name) => (name === 'x.html' ? 'bx' : null)),
    }),
  ],
  [
    'ChoiceLoader',
    new ChoiceLoader([
      new DictLoader({ 'a/x.html': 'ax' }),
      new FunctionLoader(async (name) => (name === 'b/x.html' ? 'bx' : null)),
    ]),
  ],
];

test.each(LOADERS)('%s asks the loaders it is made of, also those that must wait', async (_, loader) => {
  await expect(render(loader, 'a/x.html')).resolves.toBe('ax');
  await expect(render(loader, 'b/x.html')).resolves.toBe('bx');
  for (const name of ['a/y.html', 'b/y.html', 'c/x.html', 'x.html']) {
    await expect(render(loader, name)).rejects.toThrow(new TemplateNotFound(name));
  }
});

test('templates that must be waited for extend, include and import each other', async () => {
  const texts: Readonly<Record<string, string>> = {
    base: '[{% block a %}{% endblock %}]',
    part: 'part {{ x }}',
    macros: '{% macro m() %}macro{% endmacro %}',
    main: '{% extends "base" %}{% import "macros" as k %}{% from "macros" import m %}{% block a %}{% include "part" %} {% include "none" ignore missing %}{{ k.m() }}{{ m() }}{% endblock %}',
  };
  const loader = new FunctionLoader(async (name) => texts[name] ?? null);
  await expect(render(loader, 'main', { autoReload: false })).resolves.toBe('[part 1 macromacro]');
});

test('a cache that is full forgets the oldest', async () => {
  const loader = new DictLoader({ a: 'a', b: 'b', c: 'c' });
  const env = new Environment({ loader, cacheSize: 2 });
  const first = await env.getTemplate('a');
  await env.getTemplate('b');
  expect(await env.getTemplate('a')).toBe(first);
  await env.getTemplate('c');
  await env.getTemplate('b');
  expect(await new Environment({ loader, cacheSize: 0 }).getTemplate('a')).not.toBe(first);
});
