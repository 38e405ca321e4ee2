import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createForwarded, type Forwarded, UNIX_PEER } from '../../src/http/forwarded.ts';

const SECURE = { 'X-FORWARDED-PROTOCOL': 'ssl', 'X-FORWARDED-PROTO': 'https', 'X-FORWARDED-SSL': 'on' };

function resolve(
  headers: Readonly<Record<string, string>>,
  { peer = '127.0.0.1', allow = ['127.0.0.1', '::1'] }: { peer?: string | undefined; allow?: readonly string[] } = {},
): Forwarded {
  const forwarded = createForwarded({ forwardedAllowIps: allow, secureSchemeHeaders: SECURE });
  return forwarded(peer, (name) => headers[name]);
}

const clientOf = (forwarded: Forwarded): string | undefined =>
  forwarded.kind === 'forwarded' ? forwarded.client : undefined;
const SAID = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'example.org:8443' };

describe('whom to believe', () => {
  test.each([
    ['127.0.0.1', ['127.0.0.1'], true],
    ['::ffff:127.0.0.1', ['127.0.0.1'], true],
    ['127.0.0.1', ['::ffff:127.0.0.1'], true],
    ['10.1.2.3', ['::ffff:10.0.0.0/104'], true],
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['2001:db8::1', ['2001:DB8::/32'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['10.0.0.1', ['::/0'], false],
    ['203.0.113.9', ['*'], true],
    ['127.0.0.1', [], false],
    [UNIX_PEER, [], true],
    ['not an address', ['0.0.0.0/0', '::/0'], false],
  ])('%s with %j: %s', (peer, allow, believed) => {
    expect(resolve(SAID, { peer, allow }).kind).toBe(believed ? 'forwarded' : 'none');
  });

  test('a peer that is not known is never believed', () => {
    const forwarded = createForwarded({ forwardedAllowIps: ['*'], secureSchemeHeaders: SECURE });
    expect(forwarded(undefined, () => 'https')).toEqual({ kind: 'none' });
  });

  test.each(['localhost', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '1.2.3', '', '::1/129'])(
    '%j is an error',
    (entry) => {
      expect(() => resolve({}, { allow: [entry] })).toThrow(
        expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining(JSON.stringify(entry)) }),
      );
    },
  );
});

describe('what is said', () => {
  test('scheme, client and host', () => {
    expect(resolve(SAID)).toEqual({
      kind: 'forwarded',
      scheme: 'https',
      client: '192.0.2.1',
      host: 'example.org:8443',
    });
  });

  test('nothing', () => {
    expect(resolve({ host: 'example.org' })).toEqual({ kind: 'none' });
  });

  test.each([
    [{ 'x-forwarded-proto': 'https' }, 'https'],
    [{ 'x-forwarded-proto': 'http' }, 'http'],
    [{ 'x-forwarded-protocol': 'ssl', 'x-forwarded-ssl': 'on' }, 'https'],
    [{ 'x-forwarded-proto': 'https, https' }, 'https'],
    // The nearest proxy has written the last one; whether the one before it is trusted, nobody says.
    [{ 'x-forwarded-proto': 'https,http' }, 'http'],
    [{ 'x-forwarded-proto': 'http, https' }, 'https'],
    [{ 'x-forwarded-proto': 'https', 'x-forwarded-ssl': 'off' }, 'contradiction'],
    [{ 'x-forwarded-for': '192.0.2.1' }, undefined],
  ])('the scheme of %j is %s', (headers, scheme) => {
    const forwarded = resolve(headers);
    expect(forwarded.kind === 'forwarded' ? forwarded.scheme : forwarded.kind).toBe(scheme);
  });

  test.each([
    ['https,http', '192.0.2.1, 10.0.0.2', 'https'],
    ['http,https,http', '192.0.2.1, 10.0.0.3, 10.0.0.2', 'http'],
    ['https, http, http', '192.0.2.1, 10.0.0.3, 10.0.0.2', 'https'],
    // What an untrusted client wrote itself, before the list of the trusted ones began.
    ['https,http', '10.0.0.2, 192.0.2.1', 'http'],
    ['https,http,http', '6.6.6.6, 192.0.2.1, 10.0.0.2', 'http'],
    // Proxies that replace what came, or add nothing.
    ['https', '192.0.2.1, 10.0.0.3, 10.0.0.2', 'https'],
    ['https,http', '192.0.2.1, 10.0.0.3, 10.0.0.2', 'https'],
    ['http,https', 'no address', 'https'],
  ])('of several schemes, %j with the addresses %j, the trusted ones vouch for %s', (proto, addresses, scheme) => {
    const said = { 'x-forwarded-proto': proto, 'x-forwarded-for': addresses };
    expect(resolve(said, { allow: ['127.0.0.1', '10.0.0.0/8'] })).toMatchObject({ scheme });
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['6.6.6.6, 192.0.2.1', '192.0.2.1'],
    ['6.6.6.6, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['10.0.0.3,10.0.0.2', '10.0.0.3'],
    ['6.6.6.6, unknown, 10.0.0.2', '10.0.0.2'],
    ['6.6.6.6,, 10.0.0.2', '10.0.0.2'],
    [',10.0.0.2', '10.0.0.2'],
    ['6.6.6.6,', undefined],
    ['', undefined],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['6.6.6.6, ::ffff:10.0.0.2', '6.6.6.6'],
    ['0300.0.2.1', undefined],
    ['fe80::1%eth0', undefined],
  ])('the client of %j is %s', (value, client) => {
    expect(clientOf(resolve({ 'x-forwarded-for': value }, { allow: ['127.0.0.1', '10.0.0.0/8'] }))).toBe(client);
  });

  test('never a client from the left of an untrusted address, or of something that is no address', () => {
    const trusted = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.0.${a}.${b}`);
    const stranger = fc.oneof(
      fc.ipV4().filter((address) => !address.startsWith('10.')),
      fc.ipV6().filter((address) => !address.includes('.') && !/^(0*:)*:*ffff:/i.test(address)),
    );
    const junk = fc.string().filter((text) => !text.includes(',') && !/^[\s\d.:[\]a-f]*$/i.test(text));
    fc.assert(
      fc.property(fc.array(fc.string()), fc.oneof(stranger, junk), fc.array(trusted), (left, wall, right) => {
        const chain = (start: readonly string[]): string | undefined =>
          clientOf(
            resolve(
              { 'x-forwarded-for': [...start, wall, ...right].join(',') },
              { allow: ['127.0.0.1', '10.0.0.0/8'] },
            ),
          );
        expect(chain(left)).toBe(chain([]));
      }),
    );
  });

  test.each([
    ['example.org', 'example.org'],
    ['Example.org:80', 'Example.org:80'],
    ['[::1]:80', '[::1]:80'],
    ['evil.org, example.org', 'example.org'],
    ['a@b', undefined],
    ['a/b', undefined],
    ['a b', undefined],
    ['a\r\nb', undefined],
    ['a:99x', undefined],
    ['', undefined],
    ['a'.repeat(300), undefined],
  ])('the host of %j is %s', (value, host) => {
    const forwarded = resolve({ 'x-forwarded-host': value });
    expect(forwarded.kind === 'forwarded' ? forwarded.host : 'none').toBe(host);
  });

  test('a host never changes another part of the URL that it is put into', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a1.:/@?#[]\\%- \t\n') })), (value) => {
        const forwarded = resolve({ 'x-forwarded-host': value });
        if (forwarded.kind !== 'forwarded' || forwarded.host === undefined) return;
        const text = `http://${forwarded.host}/path`;
        if (!URL.canParse(text)) return;
        const url = new URL(text);
        expect([url.pathname, url.username, url.search, url.hash]).toEqual(['/path', '', '', '']);
      }),
    );
  });
});
