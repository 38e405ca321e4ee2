/** Certificates for the tests, made by openssl in a folder of theirs. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly keyfile: string;
  readonly certfile: string;
  /** The content of the files. */
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Self-signed, for `localhost` and 127.0.0.1; the files are `NAME.key` and `NAME.pem`. */
export function makeCertificate(folder: string, name: string, commonName = name): Certificate {
  const [keyfile, certfile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const says = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', ...kind, ...says, '-keyout', keyfile, '-out', certfile], { stdio: 'ignore' });
  return { keyfile, certfile, key: readFileSync(keyfile), cert: readFileSync(certfile) };
}
