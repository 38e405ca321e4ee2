import { describe, expect, it } from 'vitest';
import { debugPage, isLoopbackHost, mayShowDebugPage } from '../src/dev-server/debug-page.ts';

const request = new Request('http://127.0.0.1:5000/path?q=%3Cx%3E', { headers: { 'x-sent': 'by the client' } });

describe('the debug page', () => {
  it('shows the error, its source, its stack and the request', async () => {
    const message = `it ${'<'}broke>`;
    const html = await debugPage(new TypeError(message), request);
    expect(html).toContain('TypeError');
    expect(html).toContain('it &lt;broke&gt;');
    expect(html).not.toContain(message);
    expect(html).toContain('debug-page.test.ts');
    expect(html).toContain('by the client');
    expect(html).toContain('/path?q=%3Cx%3E');
  });

  it('shows whatever was thrown', async () => {
    for (const thrown of ['a string', 42, null, undefined, { an: 'object' }]) {
      expect(await debugPage(thrown, request)).toContain('<html');
    }
  });
});

describe('it is for this machine alone', () => {
  it.each([
    'localhost',
    'LOCALHOST:5000',
    'app.localhost:80',
    'localhost.',
    '127.0.0.1',
    '127.1.2.3:5000',
    '::1',
    '[::1]:5000',
    '[::1]',
    '::ffff:127.0.0.1',
  ])('%s is loopback', (host) => expect(isLoopbackHost(host)).toBe(true));

  it.each([
    '',
    '0.0.0.0',
    '::',
    'example.com',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    '[::1',
    '127.1',
  ])('%j is not', (host) => expect(isLoopbackHost(host)).toBe(false));

  it('needs both ends to be loopback, unless told so', () => {
    const local = { host: 'localhost:5000', remoteAddr: '127.0.0.1' };
    expect(mayShowDebugPage(local)).toBe(true);
    expect(mayShowDebugPage({ ...local, remoteAddr: undefined })).toBe(true);
    expect(mayShowDebugPage({ ...local, remoteAddr: '192.168.1.5' })).toBe(false);
    expect(mayShowDebugPage({ ...local, host: 'rebound.example.com' })).toBe(false);
    expect(mayShowDebugPage({ host: 'example.com', remoteAddr: '192.168.1.5', everywhere: true })).toBe(true);
  });
});
