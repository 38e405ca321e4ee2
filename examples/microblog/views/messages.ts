/** Blueprint `messages`: what users write to each other. */
import { abort, Blueprint, flash, redirect, renderTemplate, urlFor } from '@qilin/flask';
import { currentUser, loginRequired } from '@qilin/flask-login';
import { MessageForm } from '../forms.ts';
import { gettext } from '../i18n.ts';
import { markRead, messagesTo, sendMessage } from '../models/messages.ts';
import { findByName } from '../models/users.ts';

export const messages = new Blueprint('messages', import.meta, { urlPrefix: '/messages' });

messages.get(
  '/',
  loginRequired(function inbox() {
    markRead(currentUser);
    return renderTemplate('messages/inbox.html', { page: messagesTo(currentUser) });
  }),
);

messages.route(
  '/to/<username>',
  { methods: ['GET', 'POST'] },
  loginRequired(async function send({ username }: { readonly username: string }) {
    const recipient = findByName(username) ?? abort(404);
    const form = new MessageForm();
    if (await form.validateOnSubmit()) {
      sendMessage(currentUser, recipient, form.data.body);
      flash(gettext('Your message is sent.'));
      return redirect(urlFor('main.user', { username }));
    }
    return renderTemplate('messages/send.html', { form, recipient });
  }),
);
