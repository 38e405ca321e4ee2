/** The same views in @qilin/flask: a text, and the index of examples/blog, with its own templates. */
import { Blueprint, Flask, renderTemplate } from '@qilin/flask';

export const app = new Flask(import.meta);
app.get('/', () => 'Hello, World!');

const POSTS = Array.from({ length: 10 }, (_, index) => ({
  id: index + 1,
  author_id: 1,
  username: 'ana',
  title: `Post & title ${index + 1}`,
  created: '2026-01-02 03:04:05',
  body: 'Lorem ipsum dolor sit amet, consectetuer adipiscing elit, sed do eiusmod tempor incididunt ut labore.',
}));

/** Nobody is logged in, as most are not who look at it. */
export const blog = new Flask(import.meta, {
  templateFolder: '../../examples/blog/templates',
  staticFolder: '../../examples/blog/static',
});
blog.config.fromMapping({ SECRET_KEY: 'of the bench' });
blog.get('/', { endpoint: 'index' }, () => renderTemplate('blog/index.html', { posts: POSTS }));
const auth = new Blueprint('auth', import.meta, { urlPrefix: '/auth' });
for (const endpoint of ['login', 'register']) auth.get(`/${endpoint}`, { endpoint }, () => '');
blog.registerBlueprint(auth);
