/** Mails: each is a file in MAIL_FOLDER, where a mail server picks it up. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentApp } from '@qilin/flask';

/** @param to an address without blanks; @param subject of ASCII */
export async function sendMail(to: string, subject: string, text: string): Promise<void> {
  const { MAIL_FOLDER: folder = 'mail' } = currentApp.config;
  const head = [
    'From: Microblog <microblog@localhost>',
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  await mkdir(folder, { recursive: true });
  // Under its name only when it is whole.
  const file = join(folder, `${randomUUID()}.eml`);
  await writeFile(`${file}.part`, `${head.join('\n')}\n\n${text}\n`);
  await rename(`${file}.part`, file);
}
