/** Systemd's end of sd_notify(3) for a test: a datagram socket of unix, which Node has none of, read by a line of Perl. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Says when it listens, and then each message on a line of its own, its lines parted by a space. */
const READER = `use IO::Socket::UNIX; use Socket; $| = 1;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!";
print "listens\\n";
while (defined $socket->recv(my $message, 65536)) { $message =~ tr/\\n/ /; print "$message\\n"; }`;

export class NotifySocket implements AsyncDisposable {
  /** All messages so far. */
  readonly messages: string[] = [];
  readonly #reader;
  readonly #lines;

  private constructor(path: string) {
    this.#reader = spawn('perl', ['-e', READER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#reader.stdout });
    this.#lines.on('line', (line) => this.messages.push(line));
  }

  static async at(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await once(socket.#lines, 'line');
    socket.messages.length = 0;
    return socket;
  }

  /** Resolves with the number of the first message that matches, from `from` on; fails with all of them after 40 s. */
  async heard(pattern: RegExp, from = 0): Promise<number> {
    const signal = AbortSignal.timeout(40_000);
    for (;;) {
      const found = this.messages.findIndex((message, index) => index >= from && pattern.test(message));
      if (found >= 0) return found;
      await once(this.#lines, 'line', { signal }).catch(() => {
        throw new Error(`${pattern} is not among: ${this.messages.join(' | ')}`);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#reader, 'exit');
    this.#reader.kill('SIGKILL');
    await ended;
  }
}
