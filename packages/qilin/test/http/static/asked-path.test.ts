import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askedPath, pathOfTarget } from '../../../src/http/static/asked-path.ts';

describe('the path of a request target', () => {
  test.each([
    ['/a/b', '/a/b'],
    ['/a?b/c', '/a'],
    ['http://host/a?b', '/a'],
    ['HTTPS://user@host:1/a', '/a'],
    ['http://host', undefined],
    ['http://host?a', undefined],
    ['*', undefined],
    ['host:443', undefined],
  ])('of %s is %s', (target, path) => {
    expect(pathOfTarget(target)).toBe(path);
  });
});

describe('what is asked for below a prefix', () => {
  test.each([
    ['/assets/a.js', '/assets', { path: 'a.js', isFolder: false }],
    ['/assets/a/b%20c.js', '/assets', { path: 'a/b c.js', isFolder: false }],
    ['/assets/%E9%BA%92.txt', '/assets', { path: '麒.txt', isFolder: false }],
    ['/assets/a/', '/assets', { path: 'a', isFolder: true }],
    ['/assets/', '/assets', { path: '', isFolder: true }],
    ['/assets', '/assets', { path: '', isFolder: false }],
    ['/', '', { path: '', isFolder: true }],
    ['/.well-known/acme', '', { path: '.well-known/acme', isFolder: false }],
    ['/assets/a%2e.js', '/assets', { path: 'a..js', isFolder: false }],
    ['/assets/%252e%252e/a', '/assets', { path: '%2e%2e/a', isFolder: false }],
  ])('%s below %s is a path', (path, prefix, asked) => {
    expect(askedPath(path, prefix)).toEqual(asked);
  });

  test.each([
    '/assetsa',
    '/Assets/a',
    '/assets//a',
    '/assets/a//b',
    '/assets/a//',
    '/assets//',
    '/assets/%2e%2e/a',
    '/assets/.%2E/a',
    '/assets/../a',
    '/assets/./a',
    '/assets/a/..',
    '/assets/.env',
    '/assets/.git/config',
    '/assets/%2Eenv',
    '/assets/.well-known/.hidden',
    '/assets/a%2fb',
    '/assets/..%2f..%2fetc',
    '/assets/a%00.js',
    '/assets/a%0a',
    '/assets/a\\b',
    '/assets/%5c..%5cb',
    '/assets/a%23b',
    '/assets/%',
    '/assets/%zz',
    '/assets/%c0%ae%c0%ae/a',
    '/assets/%ff',
    `/assets/${'a'.repeat(4096)}`,
  ])('%s is none', (path) => {
    expect(askedPath(path, '/assets')).toBeUndefined();
  });

  test('never leads out of the folder, nor to a hidden file, whatever is asked', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '\\',
      '%00',
      '%25',
      'a',
      '%c0%af',
      '%ef%bc%8f',
      '~',
      ';',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const asked = askedPath(`/${pieces.join('')}`, '');
        if (asked === undefined || asked.path === '') return;
        for (const name of asked.path.split('/')) expect(name).not.toMatch(/^$|^\.|[\0\\]/);
      }),
    );
  });
});
