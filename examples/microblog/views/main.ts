/** Blueprint `main`: posts, profiles, who follows whom, search, export and the language. */
import {
  abort,
  Blueprint,
  flash,
  isSafeRedirect,
  redirect,
  renderTemplate,
  request,
  session,
  streamWithContext,
  urlFor,
} from '@qilin/flask';
import { currentUser, loginRequired } from '@qilin/flask-login';
import { PostForm, ProfileForm } from '../forms.ts';
import { gettext } from '../i18n.ts';
import { addPost, allPosts, deletePost, everyPostOf, findPost, postsFor, postsOf, search } from '../models/posts.ts';
import { findByName, findUser, type User } from '../models/users.ts';

export const main = new Blueprint('main', import.meta);

main.beforeAppRequest(() => {
  if (request.endpoint !== 'static' && currentUser.isAuthenticated) currentUser.seen();
});

const userNamed = (username: string): User => findByName(username) ?? abort(404);

main.route(
  '/',
  { methods: ['GET', 'POST'] },
  loginRequired(async function index() {
    const form = new PostForm();
    if (await form.validateOnSubmit()) {
      addPost(currentUser, form.data.body);
      flash(gettext('Your post is out.'));
      return redirect(urlFor('main.index'));
    }
    return renderTemplate('main/index.html', { form, page: postsFor(currentUser) });
  }),
);

main.get('/explore', function explore() {
  return renderTemplate('main/explore.html', { page: allPosts() });
});

main.get('/search', { endpoint: 'search' }, () => {
  const words = (request.args.get('q') ?? '').trim();
  return renderTemplate('main/search.html', { words, page: words === '' ? undefined : search(words) });
});

main.get('/user/<username>', function user({ username }) {
  const owner = userNamed(username);
  return renderTemplate('main/user.html', { user: owner, page: postsOf(owner) });
});

main.route(
  '/profile',
  { methods: ['GET', 'POST'] },
  loginRequired(async function profile() {
    const form = new ProfileForm({ username: currentUser.username, about: currentUser.about });
    if (await form.validateOnSubmit()) {
      if (currentUser.change(form.data)) {
        flash(gettext('Your profile is changed.'));
        return redirect(urlFor('main.user', { username: form.data.username }));
      }
      form.fields.username.errors = ['This name or address is in use already.'];
    }
    return renderTemplate('main/profile.html', { form });
  }),
);

main.post(
  '/follow/<username>',
  loginRequired(function follow({ username }: { readonly username: string }) {
    const other = userNamed(username);
    if (other.id !== currentUser.id) currentUser.follow(other);
    return redirect(urlFor('main.user', { username }));
  }),
);

main.post(
  '/unfollow/<username>',
  loginRequired(function unfollow({ username }: { readonly username: string }) {
    currentUser.unfollow(userNamed(username));
    return redirect(urlFor('main.user', { username }));
  }),
);

main.post(
  '/post/<int:id>/delete',
  loginRequired(function remove({ id }: { readonly id: number }) {
    const post = findPost(id) ?? abort(404);
    if (post.author_id !== currentUser.id) abort(403);
    deletePost(post);
    flash(gettext('Your post is gone.'));
    return redirect(urlFor('main.index'));
  }),
);

main.get(
  '/export',
  { endpoint: 'export' },
  loginRequired(() => {
    const lines = function* (user: User) {
      for (const { id, body, created } of everyPostOf(user)) {
        yield `${JSON.stringify({ id, created: created.getTime() / 1000, body })}\n`;
      }
    };
    const headers = {
      'Content-Disposition': 'attachment; filename=posts.ndjson',
      'Content-Type': 'application/x-ndjson',
    };
    return [streamWithContext(lines(findUser(currentUser.id) ?? abort(404))), headers];
  }),
);

main.post('/language/<any(en,de):language>', { endpoint: 'language' }, async ({ language }) => {
  session.set('language', language);
  const next = (await request.form).get('next');
  return redirect(isSafeRedirect(next) ? next : urlFor('main.index'));
});
