/** What a program's own server hears of clients that send no HTTP: node itself says what, and with which code. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { PlainNode } from '../processes/plain-node.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest, testIfAble } from './classes.ts';
import { exchange, get, post } from './requests.ts';

const PROGRAM = 'test/fixtures/client-errors.mjs';
const BAD = 'GET / HTTP/1.1\r\nHost: test\r\nx : y\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked';

/** Behind what a client has sent, it ends its side. */
const ENDS = '<end>';

const CLIENTS: Readonly<Record<string, string>> = {
  'a method that is none': 'G(T / HTTP/1.1\r\nHost: test\r\n\r\n',
  'a method in small letters': 'get / HTTP/1.1\r\nHost: test\r\n\r\n',
  'a handshake of TLS': '\x16\x03\x01\x02\x00\x01\x00',
  'a target with a control character': 'GET /\x01 HTTP/1.1\r\nHost: test\r\n\r\n',
  'a target without its slash': 'GET target HTTP/1.1\r\nHost: test\r\n\r\n',
  'a version without CRLF': 'GET / HTTP/1.1\nHost: test\n\n',
  'a request line that is too long': `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: test\r\n\r\n`,
  'a field that is too long': get('/', `x: ${'x'.repeat(40_000)}`),
  'a space before a colon': BAD,
  'a control character in a field': get('/', 'x: \x01'),
  'a Content-Length of letters': post('/', 'Content-Length: ten'),
  'two Content-Lengths': post('/', 'Content-Length: 1', 'Content-Length: 2'),
  'a coding twice': post('/', 'Transfer-Encoding: chunked, chunked'),
  'a size of a chunk that is none': `${post('/', CHUNKED)}zz\r\n`,
  'chunk extensions without end': `${post('/', CHUNKED)}1;${'x'.repeat(40_000)}`,
  'a head that is cut off': `GET / HT${ENDS}`,
  'a body that is cut off': `${post('/', 'Content-Length: 10')}part${ENDS}`,
};

/** Requests whose answer has begun, or is complete, when the rest of them comes: the deed, what is awaited, and that rest. */
const ANSWERED: Readonly<Record<string, readonly [deed: string, awaited: RegExp, rest: string]>> = {
  'amid an answer': ['begin', /begun/, 'zz\r\n'],
  'amid an answer, of a client that ends its side': ['begin', /begun/, `3\r\nab${ENDS}`],
  'behind an answer whose request is read on': ['early', /answer/, 'zz\r\n'],
  'behind an answer whose request is read on, of a client that ends its side': ['early', /answer/, `3\r\nab${ENDS}`],
  'behind an answer whose request nobody reads': ['unread', /answer/, 'zz\r\n'],
  'behind an answer whose request nobody reads, of a client that ends its side': ['unread', /answer/, `3\r\nab${ENDS}`],
};

/** The part that the listener has said. */
async function saidBehind(name: string, port: number): Promise<string | undefined> {
  const [deed, awaited, rest] = ANSWERED[name] ?? ['', /^/, ''];
  using connection = await RawConnection.open(port);
  connection.send(post(`/${deed}`, CHUNKED));
  await connection.until(awaited);
  sendAll(connection, rest);
  await connection.ended;
  return /(?:begun\r\n|answer)(.*)$/s.exec(connection.received)?.[1];
}

function sendAll(connection: RawConnection, client: string): void {
  const [text = '', ...ends] = client.split(ENDS);
  connection.send(Buffer.from(text, 'latin1'));
  if (ends.length > 0) connection.socket.end();
}

/** What the client gets, and so the code that its listener was told. */
async function answerTo(client: string, port: number): Promise<string> {
  using connection = await RawConnection.open(port);
  sendAll(connection, client);
  await connection.ended;
  return connection.received;
}

/** What is no HTTP behind a request and its answer: the last request tells the listener what to do. */
async function askedAndBad(server: QilinProcess, deed: string): Promise<string> {
  using connection = await RawConnection.open(server.port);
  connection.send(get(`/${deed}`));
  await connection.until(/answer$/);
  connection.send(BAD);
  await connection.ended;
  return connection.received;
}

export function describeClientErrors(underTest: ClassUnderTest): void {
  const isNodes = underTest.name === 'async' || underTest.name === 'sync';

  describe('what is no HTTP is answered by the program that listens to it', () => {
    let server: QilinProcess;
    const expected = new Map<string, string>();
    beforeAll(async () => {
      server = await startQilin([...alone(underTest), '--keep-alive', '20', PROGRAM]);
      const node = await PlainNode.start(PROGRAM);
      for (const [name, client] of Object.entries(CLIENTS)) expected.set(name, await answerTo(client, node.port));
      for (const name of Object.keys(ANSWERED)) expected.set(name, (await saidBehind(name, node.port)) ?? '');
      await node.stop();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    // There the setting refuses a request that Node has taken.
    const clients = Object.entries(CLIENTS).filter(([name]) => !(isNodes && name.endsWith('too long')));
    test.each(clients)('%s', async (name, client) => {
      const answer = await answerTo(client, server.port);
      expect(answer).toMatch(/^HTTP\/1\.1 499 HPE_\w+\r\n\r\n$/);
      expect(answer).toBe(expected.get(name));
    });

    test('the packet and how much of it was right are told', async () => {
      const from = server.log.length;
      await exchange(server, BAD);
      await server.logged(/clientError HPE_INVALID_HEADER_TOKEN : writable true, packet true/, from);
    });

    // On Node's stack the listener's bytes go out at once, before answers that are owed.
    test.skipIf(isNodes)('behind answers that are owed', async () => {
      const answer = await exchange(server, `${get('/later')}${get('/plain')}${BAD}`);
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 499']);
      expect(answer).toMatch(/HPE_INVALID_HEADER_TOKEN\r\n\r\n$/);
    });

    test('in place of the answer to the request whose body is none, which is told that it was cut', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.send(post('/read/cut', CHUNKED));
      await server.logged(/cut: asked/, from);
      connection.send('zz\r\n');
      await connection.ended;
      expect(connection.received).toMatch(/^HTTP\/1\.1 499 HPE_INVALID_CHUNK_SIZE\r\n\r\n$/);
      await server.logged(/cut: aborted[\s\S]*cut: res close false/, from);
    });

    for (const name of Object.keys(ANSWERED)) {
      testIfAble(underTest, 'keepAlive', name, async () => {
        const said = await saidBehind(name, server.port);
        expect(said).toMatch(/^HTTP\/1\.1 499 HPE_\w+\r\n\r\n$/);
        expect(said).toBe(expected.get(name));
      });
    }

    test('an answer goes on where the listener lets it, and is the last one', async () => {
      using connection = await RawConnection.open(server.port);
      connection.send(post('/finish', CHUNKED));
      await connection.until(/begun/);
      connection.send('zz\r\n');
      await connection.until(/ended\r\n0\r\n\r\n$/);
      if (!isNodes) await connection.ended;
    });

    testIfAble(underTest, 'keepAlive', 'nor behind an answer to which it destroys the connection', async () => {
      const answer = await askedAndBad(server, 'destroy');
      expect(answer).toMatch(/answer$/);
    });

    testIfAble(underTest, 'keepAlive', 'some time later, and with as much as it likes', async () => {
      expect(await askedAndBad(server, 'wait')).toMatch(/answerHTTP\/1\.1 499 HPE_\w+\r\n\r\n$/);
      const long = await askedAndBad(server, 'long');
      expect(long.length).toBeGreaterThan(4 * 1024 * 1024);
    });

    testIfAble(underTest, 'keepAlive', 'a connection of which it says nothing is closed all the same', async () => {
      const answer = await askedAndBad(server, 'silent');
      expect(answer).toMatch(/answer$/);
    });

    test('and once, however often its client goes on', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      const sending = setInterval(() => connection.socket.write('silent\r\n'), 20);
      await connection.ended;
      clearInterval(sending);
      expect(server.log.slice(from)).not.toContain('MaxListenersExceededWarning');
    });

    testIfAble(underTest, 'keepAlive', 'a client that leaves meanwhile is no harm', async () => {
      const from = server.log.length;
      for (const deed of ['wait', 'silent', 'long']) {
        using connection = await RawConnection.open(server.port);
        connection.send(get(`/${deed}`));
        await connection.until(/answer$/);
        await connection.send(BAD);
        await server.logged(new RegExp(`clientError HPE_\\w+ ${deed}: `), from);
        connection.socket.resetAndDestroy();
      }
      expect(await exchange(server, get('/', 'Connection: close'))).toMatch(/answer$/);
    });

    testIfAble(underTest, 'keepAlive', 'a reset between two requests is an error of the client, too', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.send(get('/reset'));
      await connection.until(/answer$/);
      connection.socket.resetAndDestroy();
      await server.logged(/clientError ECONNRESET reset: writable false/, from);
    });

    test('expectations that it does not know are its own affair', async () => {
      const answer = await exchange(server, get('/', 'Expect: the unexpected', 'Connection: close'));
      expect(answer).toMatch(/^HTTP\/1\.1 417 [\s\S]*checked the unexpected/);
    });

    testIfAble(underTest, 'keepAlive', 'requests beyond maxRequestsPerSocket are dropped', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      for (let count = 1; count <= 3; count++) {
        connection.send(get(`/${count}`));
        await connection.until(new RegExp(`^(?:HTTP[^]*answer){${count}}$`));
      }
      connection.send(get('/beyond'));
      await connection.until(/HTTP\/1\.1 503 /);
      await server.logged(/dropped \/beyond/, from);
    });
  });

  test('a head that does not come, or of which nothing does, is told as late', async () => {
    await using server = await startQilin([...alone(underTest), '--headers-timeout', '1', PROGRAM]);
    expect(await exchange(server, 'GET / HT')).toBe('HTTP/1.1 499 ERR_HTTP_REQUEST_TIMEOUT\r\n\r\n');
    expect(await exchange(server, '')).toBe('HTTP/1.1 499 ERR_HTTP_REQUEST_TIMEOUT\r\n\r\n');
  });
}
