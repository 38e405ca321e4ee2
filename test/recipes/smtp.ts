/** A mail server of a test's own: it takes every mail, RFC 5321's smallest set of commands, and keeps it. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Its lines: a head, an empty one, a body. */
  readonly lines: readonly string[];
}

interface SmtpServer extends AsyncDisposable {
  readonly url: string;
  readonly mails: readonly Mail[];
}

export async function startSmtp(): Promise<SmtpServer> {
  const mails: Mail[] = [];
  const server = createServer((socket) => void serve(socket, mails)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(socket: Socket, mails: Mail[]): Promise<void> {
  const say = (line: string) => socket.write(`${line}\r\n`);
  const path = (line: string) => /<(.*)>/.exec(line)?.[1] ?? '';
  let from = '';
  let to: string[] = [];
  let lines: string[] | undefined;
  say('220 mail.test ESMTP');
  for await (const line of createInterface({ input: socket })) {
    if (lines !== undefined) {
      if (line !== '.') lines.push(line.replace(/^\./, ''));
      else {
        mails.push({ from, to, lines });
        [to, lines] = [[], undefined];
        say('250 Taken');
      }
      continue;
    }
    const [verb = ''] = line.toUpperCase().split(/[ :]/);
    if (verb === 'MAIL') from = path(line);
    if (verb === 'RCPT') to.push(path(line));
    if (verb === 'DATA') lines = [];
    say(verb === 'DATA' ? '354 Go on' : verb === 'QUIT' ? '221 Bye' : '250 Good');
    if (verb === 'QUIT') socket.end();
  }
}
