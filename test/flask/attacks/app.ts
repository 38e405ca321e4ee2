/** An app that does with its input what apps do with it; attacks.test.ts tries to break out of it. */
import {
  Flask,
  isSafeRedirect,
  makeResponse,
  redirect,
  renderTemplateString,
  request,
  sendFile,
  sendFromDirectory,
  session,
  setCookie,
} from '@qilin/flask';

/** A folder with `static/` in it and `secret.txt` beside that. */
const root = process.env['ATTACKED_FOLDER'] ?? '';

export const app = new Flask(import.meta, { staticFolder: `${root}/static` });
app.config.fromMapping({
  SECRET_KEY: 'not to be guessed',
  MAX_CONTENT_LENGTH: 100_000,
  MAX_FORM_MEMORY_SIZE: 20_000,
  MAX_FORM_PARTS: 50,
  PERMANENT_SESSION_LIFETIME: 3600,
});

app.get('/alive', () => 'ok');
app.get('/download/<path:name>', ({ name }) => sendFromDirectory(`${root}/static`, name));
app.get('/download-one/<name>', ({ name }) => sendFromDirectory(`${root}/static`, name));
app.get('/named', () =>
  sendFile(`${root}/static/a.txt`, { asAttachment: true, downloadName: request.args.get('v', '') }),
);
app.get('/header', () => ['ok', { 'X-Value': request.args.get('v', '') }]);
app.get('/header-name', () => ['ok', { [request.args.get('v', '')]: 'x' }]);
app.get('/response', () => new Response('ok', { headers: { 'X-Value': request.args.get('v', '') } }));
app.get('/cookie', () => {
  const response = makeResponse('ok');
  setCookie(response, 'c', request.args.get('v', ''));
  return response;
});
app.get('/cookie-name', () => {
  const response = makeResponse('ok');
  setCookie(response, request.args.get('v', ''), 'x');
  return response;
});
app.get('/cookie-path', () => {
  const response = makeResponse('ok');
  setCookie(response, 'c', 'x', { path: request.args.get('v', '') });
  return response;
});
app.get('/redirect', () => redirect(request.args.get('v', '')));
app.get('/go', () => {
  const next = request.args.get('next');
  return redirect(isSafeRedirect(next) ? next : '/alive');
});
app.get('/type', () => ['ok', { 'Content-Type': request.args.get('v', '') }]);
app.get('/template', () => renderTemplateString('<p title="{{ v }}">{{ v }}</p>', { v: request.args.get('v', '') }));
app.get('/folder/', () => 'folder');
app.get('/folder/<name>/', ({ name }) => name);
app.post('/form', async () => `${(await request.form).size} fields`);
app.post('/files', async () => `${(await request.files).size} files`);
app.post('/json', async () => typeof (await request.json));
app.post('/body', async () => String((await request.data).length));
app.get('/who', () => String(session.get('user', 'nobody')));
app.get('/login', () => {
  session.set('user', 'ada');
  return 'ok';
});
