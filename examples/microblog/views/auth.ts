/** Blueprint `auth`: register, log in and out, and a new password by mail. */
import { Blueprint, flash, isSafeRedirect, redirect, renderTemplate, request, urlFor } from '@qilin/flask';
import { currentUser, loginUser, logoutUser } from '@qilin/flask-login';
import { limiter } from '../extensions.ts';
import { LoginForm, RegistrationForm, ResetForm, ResetRequestForm } from '../forms.ts';
import { gettext } from '../i18n.ts';
import { sendMail } from '../mail.ts';
import { resetToken, userOfResetToken } from '../models/tokens.ts';
import { addUser, authenticate, findByEmail, type User } from '../models/users.ts';

export const auth = new Blueprint('auth', import.meta, { urlPrefix: '/auth' });

auth.route('/register', { methods: ['GET', 'POST'] }, async function register() {
  if (currentUser.isAuthenticated) return redirect(urlFor('main.index'));
  const form = new RegistrationForm();
  if (await form.validateOnSubmit()) {
    const { username, email, password } = form.data;
    if (await addUser(username, email, password)) {
      flash(gettext('Welcome! You can log in now.'));
      return redirect(urlFor('auth.log_in'));
    }
    form.fields.username.errors = ['This name or address is in use already.'];
  }
  return renderTemplate('auth/register.html', { form });
});

// No user is let in by trying all passwords, and nobody's letter box is filled.
const fewTries = limiter.limit('20 per minute', { methods: ['POST'] });
const fewMails = limiter.limit('5 per hour', { methods: ['POST'] });

auth.route(
  '/login',
  { methods: ['GET', 'POST'], endpoint: 'log_in' },
  fewTries(async function logIn() {
    if (currentUser.isAuthenticated) return redirect(urlFor('main.index'));
    const form = new LoginForm();
    if (await form.validateOnSubmit()) {
      const { username, password, remember } = form.data;
      const user = await authenticate(username, password);
      if (user !== undefined) {
        loginUser(user, { remember });
        const next = request.args.get('next');
        return redirect(isSafeRedirect(next) ? next : urlFor('main.index'));
      }
      flash(gettext('The name or the password is not right.'), 'error');
    }
    return renderTemplate('auth/login.html', { form });
  }),
);

auth.post('/logout', { endpoint: 'log_out' }, () => {
  logoutUser();
  return redirect(urlFor('auth.log_in'));
});

auth.route(
  '/reset',
  { methods: ['GET', 'POST'] },
  fewMails(async function forgot() {
    const form = new ResetRequestForm();
    if (await form.validateOnSubmit()) {
      const user = findByEmail(form.data.email);
      if (user !== undefined) await mailResetLink(user);
      // The same for all: nobody learns here who has an account.
      flash(gettext('If this address has an account, a mail is on its way.'));
      return redirect(urlFor('auth.log_in'));
    }
    return renderTemplate('auth/forgot.html', { form });
  }),
);

async function mailResetLink(user: User): Promise<void> {
  const text = await renderTemplate('mail/reset.txt', { user, token: resetToken(user) });
  await sendMail(user.email, gettext('A new password'), text);
}

auth.route('/reset/<token>', { methods: ['GET', 'POST'] }, async function reset({ token }) {
  const user = userOfResetToken(token);
  if (user === undefined) {
    flash(gettext('This link is not good any more.'), 'error');
    return redirect(urlFor('auth.forgot'));
  }
  const form = new ResetForm();
  if (await form.validateOnSubmit()) {
    await user.setPassword(form.data.password);
    flash(gettext('Your password is changed.'));
    return redirect(urlFor('auth.log_in'));
  }
  return renderTemplate('auth/reset.html', { form });
});
