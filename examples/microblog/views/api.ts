/** Blueprint `api`: JSON for programs, which show a token instead of a cookie. */
import { abort, Blueprint, g, jsonify, request, urlFor, viewDecorator } from '@qilin/flask';
import { z } from 'zod';
import { csrf, limiter } from '../extensions.ts';
import { body } from '../forms.ts';
import { addPost, allPosts, findPost, type Post, postsOf } from '../models/posts.ts';
import { grantToken, revokeToken, userOfToken } from '../models/tokens.ts';
import { allUsers, authenticate, findUser, type User } from '../models/users.ts';
import type { Page } from '../paging.ts';

declare module '@qilin/flask' {
  interface Globals {
    apiUser?: User | undefined;
  }
}

export const api = new Blueprint('api', import.meta, { urlPrefix: '/api' });

// No cookie opens it, so that no other site's page can make a browser use it.
csrf.exempt(api);

api.errorhandler(404, () => [{ error: 'Not Found' }, 404]);
api.errorhandler(429, () => [{ error: 'Too Many Requests' }, 429]);

const bearer = () => (request.authorization?.type === 'bearer' ? (request.authorization.token ?? '') : '');

/** Views for who shows a token. */
const tokenRequired = viewDecorator((view) => {
  g.apiUser = userOfToken(bearer());
  return g.apiUser === undefined ? [{ error: 'Unauthorized' }, 401, { 'WWW-Authenticate': 'Bearer' }] : view();
});

/** In views behind `tokenRequired`. */
const apiUser = (): User => g.apiUser ?? abort(401);

const showUser = ({ id, username, about, followers, following }: User) => ({
  ...{ id, username, about, followers, following },
  posts: urlFor('api.user_posts', { id }),
});

const showPost = ({ id, username, body: text, created }: Post) => ({ id, author: username, body: text, created });

const showPage = (page: Page<Post>) =>
  jsonify({ items: page.items.map(showPost), page: page.number, has_next: page.hasNext });

api.post(
  '/tokens',
  { endpoint: 'grant' },
  limiter.limit('20 per minute')(async function grant() {
    const { username = '', password = '' } = request.authorization ?? {};
    const user = await authenticate(username, password);
    if (user === undefined) return [{ error: 'Unauthorized' }, 401, { 'WWW-Authenticate': 'Basic realm="microblog"' }];
    return [grantToken(user), 201];
  }),
);

api.delete(
  '/tokens',
  { endpoint: 'revoke' },
  tokenRequired(() => {
    revokeToken(bearer());
    return ['', 204];
  }),
);

api.get(
  '/users',
  tokenRequired(function users() {
    return jsonify(allUsers().map(showUser));
  }),
);

api.get(
  '/users/<int:id>',
  tokenRequired(function user({ id }: { readonly id: number }) {
    return showUser(findUser(id) ?? abort(404));
  }),
);

api.get(
  '/users/<int:id>/posts',
  { endpoint: 'user_posts' },
  tokenRequired(({ id }: { readonly id: number }) => showPage(postsOf(findUser(id) ?? abort(404)))),
);

api.get(
  '/posts',
  tokenRequired(function posts() {
    return showPage(allPosts());
  }),
);

const NewPost = z.object({ body });

api.post(
  '/posts',
  { endpoint: 'add_post' },
  tokenRequired(async () => {
    const sent = NewPost.safeParse(await request.getJson({ silent: true }));
    if (!sent.success)
      return [{ error: 'Bad Request', messages: sent.error.issues.map(({ message }) => message) }, 400];
    return [showPost(findPost(addPost(apiUser(), sent.data.body)) ?? abort(404)), 201];
  }),
);
