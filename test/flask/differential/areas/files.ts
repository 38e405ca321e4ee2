/** Static files, sendFile and sendFromDirectory. */
import { fileURLToPath } from 'node:url';
import { type Flask, request, sendFile, sendFromDirectory } from '@qilin/flask';

const STATIC = fileURLToPath(new URL('../site/static', import.meta.url));
/** Some 200 kB, which nobody reads in one piece. */
const LARGE = fileURLToPath(new URL('../../../../package-lock.json', import.meta.url));
const PLAIN = `${STATIC}/plain.txt`;

export function addFiles(app: Flask): void {
  app.get('/download/<path:name>', function download({ name }) {
    return sendFromDirectory(STATIC, name);
  });

  app.get('/attachment/<path:name>', function attachment({ name }) {
    return sendFromDirectory(STATIC, name, { asAttachment: true });
  });

  app.get('/named', function named() {
    return sendFile(PLAIN, { asAttachment: true, downloadName: request.args.require('as') });
  });

  app.get('/inline-named', function inline_named() {
    return sendFile(PLAIN, { downloadName: request.args.require('as') });
  });

  app.get('/typed', function typed() {
    return sendFile(PLAIN, { mimetype: 'application/x-own' });
  });

  app.get('/aged', function aged() {
    return sendFile(PLAIN, { maxAge: 60 });
  });

  app.get('/unconditional', function unconditional() {
    return sendFile(PLAIN, { conditional: false, etag: false });
  });

  app.get('/own-etag', function own_etag() {
    return sendFile(PLAIN, { etag: 'v1' });
  });

  app.get('/from-memory', function from_memory() {
    return sendFile(Buffer.from('in memory'), { downloadName: 'memory.txt' });
  });

  app.get('/large-file', function large_file() {
    return sendFile(LARGE);
  });

  app.get('/missing-file', function missing_file() {
    return sendFromDirectory(STATIC, 'nowhere.txt');
  });
}
