/** Blueprint `blog`: the list of posts, and their authors' create, update and delete. */
import { abort, Blueprint, flash, redirect, renderTemplate, request, urlFor } from '@qilin/flask';
import { currentUser, loginRequired } from './auth.ts';
import { getDb } from './db.ts';

interface Post {
  readonly id: number;
  readonly author_id: number;
  readonly username: string;
  readonly created: string;
  readonly title: string;
  readonly body: string;
}

const SELECT = 'SELECT post.*, username FROM post JOIN user ON post.author_id = user.id';

export const bp = new Blueprint('blog', import.meta);

bp.get('/', function index() {
  const posts = getDb().prepare(`${SELECT} ORDER BY created DESC, post.id DESC`).all() as Post[];
  return renderTemplate('blog/index.html', { posts });
});

bp.route(
  '/create',
  { methods: ['GET', 'POST'] },
  loginRequired(async function create() {
    const sent = request.method === 'POST' ? await readPost() : undefined;
    if (sent !== undefined) {
      getDb()
        .prepare('INSERT INTO post (title, body, author_id) VALUES (?, ?, ?)')
        .run(sent.title, sent.body, currentUser().id);
      return redirect(urlFor('blog.index'));
    }
    return renderTemplate('blog/create.html', { form: await request.form });
  }),
);

/** The title and body that were sent; flashes what is missing. */
async function readPost(): Promise<{ readonly title: string; readonly body: string } | undefined> {
  const { title = '', body = '' } = (await request.form).toDict();
  if (title.trim() !== '') return { title, body };
  flash('A post needs a title.');
  return undefined;
}

/** The post, which only its author may change. */
function getPost(id: number): Post {
  const post = getDb().prepare(`${SELECT} WHERE post.id = ?`).get(id) as Post | undefined;
  if (post === undefined) abort(404, `There is no post ${id}.`);
  if (post.author_id !== currentUser().id) abort(403);
  return post;
}

bp.route(
  '/<int:id>/update',
  { methods: ['GET', 'POST'] },
  loginRequired(async function update({ id }: { readonly id: number }) {
    const post = getPost(id);
    const sent = request.method === 'POST' ? await readPost() : undefined;
    if (sent !== undefined) {
      getDb().prepare('UPDATE post SET title = ?, body = ? WHERE id = ?').run(sent.title, sent.body, id);
      return redirect(urlFor('blog.index'));
    }
    return renderTemplate('blog/update.html', { post, form: await request.form });
  }),
);

bp.post(
  '/<int:id>/delete',
  loginRequired(function remove({ id }: { readonly id: number }) {
    getPost(id);
    getDb().prepare('DELETE FROM post WHERE id = ?').run(id);
    return redirect(urlFor('blog.index'));
  }),
);
