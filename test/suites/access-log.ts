/** The lines of the access log: every atom, and every kind of exchange. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linesOf } from '../processes/files.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { startQilin, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP, SHAPES } from './classes.ts';
import { exchange, get } from './requests.ts';

/** Each atom of the format, what its field has to be, and in the order of the line. */
const atoms = (pid: number, port: number): readonly (readonly [string, string | RegExp])[] => [
  ['%(h)s', '127.0.0.1'],
  ['%(l)s', '-'],
  ['%(u)s', 'jane'],
  ['%(t)s', /^\[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\]$/],
  ['%(r)s', 'POST /length?a=1&b=2 HTTP/1.1'],
  ['%(m)s', 'POST'],
  ['%(U)s', '/length'],
  ['%(q)s', 'a=1&b=2'],
  ['%(H)s', 'HTTP/1.1'],
  ['%(s)s', '200'],
  ['%(B)s', '2'],
  ['%(b)s', '2'],
  ['%(f)s', 'http://example.com/from'],
  ['%(a)s', 'a \\x22quoted\\x22 agent'],
  ['%(T)s', /^0$/],
  ['%(D)s', /^\d+$/],
  ['%(M)s', /^\d+$/],
  ['%(L)s', /^0\.\d{6}$/],
  ['%(p)s', `<${pid}>`],
  ['%({x-custom}i)s', 'in'],
  ['%({X-Missing}i)s', '-'],
  ['%({x-counted}o)s', 'yes'],
  ['%({SERVER_PORT}e)s', String(port)],
  ['%({HTTP_X_CUSTOM}e)s', 'in'],
  ['%%', '%'],
];

export function describeAccessLog(underTest: ClassUnderTest): void {
  const { flags } = underTest;

  describe('the access log', () => {
    test('has every atom of its format', async () => {
      using folder = temporaryFolder();
      const accessLog = join(folder.path, 'access.log');
      const format = atoms(0, 0)
        .map(([atom]) => atom)
        .join('|');
      await using server = await startQilin([
        ...flags,
        '--access-logfile',
        accessLog,
        '--access-logformat',
        format,
        FETCH_APP,
      ]);
      await ask(`${server.url}/length?a=1&b=2`, {
        method: 'POST',
        auth: 'jane:secret',
        body: 'x'.repeat(42),
        headers: { Referer: 'http://example.com/from', 'User-Agent': 'a "quoted" agent', 'X-Custom': 'in' },
      });
      const { workerPids, port } = server;
      expect((await server.stop()).status).toBe(0);
      const [line = '', ...others] = linesOf(accessLog);
      expect(others).toEqual([]);
      const fields = line.split('|');
      const expected = atoms(workerPids[0] ?? 0, port);
      expect(fields).toHaveLength(expected.length);
      for (const [index, [atom, value]] of expected.entries()) {
        if (typeof value === 'string') expect([atom, fields[index]]).toEqual([atom, value]);
        else expect(fields[index], atom).toMatch(value);
      }
    });

    test.each(SHAPES)('has a line of each kind of exchange with $kind', async ({ app }) => {
      const format = ['--access-logfile', '-', '--access-logformat', 'line %(r)s: %(s)s %(B)s %(b)s'];
      await using server = await startQilin([...flags, ...format, app]);
      const expectLine = (line: string) => server.until(() => server.log.includes(`line ${line}\n`), line);
      const { url } = server;
      await ask(`${url}/get?a=1`);
      await expectLine('GET /get?a=1 HTTP/1.1: 200 9 9');
      await ask(`${url}/head`, { method: 'HEAD' });
      await expectLine('HEAD /head HTTP/1.1: 200 0 -');
      await ask(`${url}/post`, { method: 'POST', body: 'hello' });
      await expectLine('POST /post HTTP/1.1: 200 16 16');
      await ask(`${url}/no-content`);
      await expectLine('GET /no-content HTTP/1.1: 204 0 -');
      await ask(`${url}/flood?mib=1`);
      await expectLine('GET /flood?mib=1 HTTP/1.1: 200 1048576 1048576');
      await ask(`${url}/throw`);
      await expectLine('GET /throw HTTP/1.1: 500 22 22');
      await exchange(server, 'GET /old HTTP/1.0\r\n\r\n');
      await expectLine('GET /old HTTP/1.0: 200 9 9');
      using leaver = await RawConnection.open(server.port);
      leaver.send(get('/never?announce'));
      await server.logged(/began \/never/);
      leaver.socket.destroy();
      await expectLine('GET /never?announce HTTP/1.1: 499 0 -');
    });
  });
}
