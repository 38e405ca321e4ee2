/** What becomes of the options of a program's server: all of them, of this version of Node. */
import { createServer, Server, type ServerOptions } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { FATES, nodesDefaults, settingsRemarks } from '../../../src/http/node/server-settings.ts';

const CONFIG = {
  keepalive: 2,
  headersTimeout: 30,
  bodyTimeout: 300,
  limitRequestLine: 8190,
  limitRequestFields: 100,
  limitRequestFieldSize: 8190,
  workerConnections: 1000,
};

/** A value of each that is not the default, and what the log says of it. */
const REMARKS: Readonly<Record<string, readonly [value: unknown, remark: string]>> = {
  keepAliveTimeout: [60_000, 'sets keepAliveTimeout = 60000 on its server; what holds is keepalive = 2, of'],
  headersTimeout: [1_000, 'sets headersTimeout = 1000 on its server; what holds is headersTimeout = 30, of'],
  requestTimeout: [90_000, 'sets requestTimeout = 90000 on its server; what holds is bodyTimeout = 300, of'],
  maxHeaderSize: [
    20_000,
    'sets maxHeaderSize = 20000 on its server; what holds is limitRequestLine = 8190 and limitRequestFieldSize = 8190, of',
  ],
  insecureHTTPParser: [true, 'sets insecureHTTPParser = true on its server; that has no effect'],
  httpValidation: ['relaxed', 'sets httpValidation = relaxed on its server; that has no effect'],
  noDelay: [false, 'sets noDelay = false on its server; that has no effect'],
  keepAlive: [true, 'sets keepAlive = true on its server; that has no effect'],
  keepAliveInitialDelay: [5_000, 'sets keepAliveInitialDelay = 5 on its server; that has no effect'],
  keepAliveTimeoutBuffer: [0, 'sets keepAliveTimeoutBuffer = 0 on its server; that has no effect'],
  connectionsCheckingInterval: [1_234, 'sets connectionsCheckingInterval = 1234 on its server; that has no effect'],
};

/** Those that Node reads. */
function optionsOfNode(): string[] {
  const asked = new Set<string>();
  const options: ServerOptions = {};
  void new Server(
    new Proxy(options, {
      get(_, name) {
        asked.add(String(name));
        return undefined;
      },
    }),
  );
  return [...asked];
}

describe('the options of createServer()', () => {
  test.each(optionsOfNode())('%s holds, or the log says that it does not', (name) => {
    const [value, remark = ''] = REMARKS[name] ?? [];
    expect(FATES[name] === 'holds').toBe(remark === '');
    if (remark === '') return;
    const [said = '', ...others] = settingsRemarks('The app', createServer({ [name]: value }), CONFIG);
    expect(others).toEqual([]);
    expect(said).toContain(`The app ${remark}`);
  });

  test('what is set later is told, too, both kinds in a sentence each', () => {
    const server = Object.assign(createServer({ noDelay: false }), { maxHeadersCount: 5, maxConnections: 7 });
    expect(settingsRemarks('The app', server, CONFIG)).toEqual([
      "The app sets maxHeadersCount = 5 and maxConnections = 7 on its server; what holds is limitRequestFields = 100 and workerConnections = 1000, of Qilin's settings.",
      'The app sets noDelay = false on its server; that has no effect: Qilin decides it by itself (docs/apps.md).',
    ]);
  });

  test('of a server that sets none nothing is said, nor of one that speaks HTTP/2 alone', () => {
    expect(settingsRemarks('The app', createServer(), CONFIG)).toEqual([]);
    expect(settingsRemarks('The app', createHttp2(), CONFIG)).toEqual([]);
  });

  test("Node's parser is strict again where the program asked for another", () => {
    expect(nodesDefaults(createServer({ insecureHTTPParser: true }))).toMatchObject({ insecureHTTPParser: undefined });
  });
});
