/** Invitations by mail, with a signed link that holds for two days. */
import { abort, BadSignature, Flask, renderTemplate, request, UrlSafeTimedSerializer, urlFor } from '@qilin/flask';
import { createTransport } from 'nodemailer';

const HOURS = 48;

export const app = new Flask(import.meta);
app.config.fromMapping({
  MAIL_URL: 'smtp://127.0.0.1:25', // FLASK_MAIL_URL=smtps://user:password@smtp.example.org
  MAIL_SENDER: 'Notes <notes@example.org>',
  // The link is made of the host that was asked for: without this an attacker's Host would stand in it.
  TRUSTED_HOSTS: ['localhost', 'notes.example.org'],
});
app.config.fromPrefixedEnv();

const { SECRET_KEY } = app.config;
if (!SECRET_KEY) throw new Error('FLASK_SECRET_KEY must be set: it signs the links.');
const tokens = new UrlSafeTimedSerializer(SECRET_KEY, { salt: 'invitation' });
const transport = createTransport(String(app.config['MAIL_URL']), { from: String(app.config['MAIL_SENDER']) });

app.post('/invitations', async () => {
  const form = await request.form;
  const [to, name] = [form.require('to'), form.require('name')];
  const link = urlFor('accept', { token: tokens.dumps(to), _external: true });
  const text = await renderTemplate('invitation.txt', { name, link, hours: HOURS });
  await transport.sendMail({ to: { name: '', address: to }, subject: `${name} invites you`, text });
  return ['', 204];
});

app.get('/invitations/<token>', { endpoint: 'accept' }, ({ token }) => {
  try {
    return `Welcome, ${String(tokens.loads(token, { maxAge: HOURS * 3600 }))}!`;
  } catch (error) {
    if (error instanceof BadSignature) abort(404, 'This invitation is not good, or no longer.');
    throw error;
  }
});
