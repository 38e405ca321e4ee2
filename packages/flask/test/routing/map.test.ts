import { describe, expect, test } from 'vitest';
import { redirectUrl, UrlMap, type UrlMapOptions } from '../../src/routing/map.ts';
import type { RuleOptions } from '../../src/routing/rule.ts';

type Added = readonly [rule: string, options?: Partial<RuleOptions>];

function mapOf(rules: readonly Added[], options: UrlMapOptions = {}): UrlMap {
  const map = new UrlMap(options);
  for (const [rule, given] of rules) map.add(rule, { endpoint: 'view', methods: ['GET'], ...given });
  return map;
}

const found = (map: UrlMap, path: string) => {
  const match = map.match('', path, 'GET');
  return match.kind === 'found' ? match.values : match.kind === 'redirect' ? match.path : match.kind;
};

describe('a rule that ends in a path and a slash', () => {
  const map = mapOf([['/files/<path:name>/']]);
  test.each([
    ['/files/a/', { name: 'a' }],
    ['/files/a/b/c/', { name: 'a/b/c' }],
    ['/files/a', '/files/a/'],
    ['/files/a/b/c', '/files/a/b/c/'],
    ['/files/', 'none'],
    ['/files/a//', '/files/a/'],
  ])('takes %s for %j', (path, expected) => {
    expect(found(map, path)).toEqual(expected);
  });

  test('without strict slashes needs none', () => {
    const lax = mapOf([['/files/<path:name>/', { strictSlashes: false }]]);
    expect(found(lax, '/files/a/b')).toEqual({ name: 'a/b' });
  });

  test('goes before a rule for all paths', () => {
    const both = mapOf([['/<path:name>'], ['/<path:name>/edit/', { endpoint: 'edit' }]]);
    expect(both.match('', '/a/b/edit/', 'GET')).toMatchObject({ rule: { endpoint: 'edit' }, values: { name: 'a/b' } });
    expect(found(both, '/a/b')).toEqual({ name: 'a/b' });
  });
});

test.each([
  ['/int//5', '/int/5'],
  ['/int////5', '/int/5'],
  ['//int///5', '/int/5'],
])('of several slashes, as in %s, becomes one', (path, expected) => {
  expect(found(mapOf([['/int/<int:n>']]), path)).toBe(expected);
});

test.each([
  ['host', { hostMatching: true }, 'eu.example.org', 'http://eu.example.org/?q=1'],
  ['subdomain', {}, 'eu', 'http://eu.localhost/?q=1'],
] as const)('a redirect to the URL without defaults keeps the %s', (name, options, domain, expected) => {
  const where = name === 'host' ? { host: '<region>.example.org' } : { subdomain: '<region>' };
  const map = mapOf(
    [
      ['/', { ...where, defaults: { page: 1 } }],
      ['/page/<int:page>', where],
    ],
    options,
  );
  const match = map.match(domain, '/page/1', 'GET');
  if (match.kind !== 'redirect') throw new Error(`found ${match.kind}`);
  const base = { scheme: 'http', host: name === 'host' ? domain : 'localhost', subdomain: '', scriptName: '/' };
  expect(redirectUrl(match, 'q=1', base, name === 'host')).toBe(expected);
});
