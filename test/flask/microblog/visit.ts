/** What ada and bob do on the site: every page of it, and each thing that can go wrong there. */
import type { Visitor } from './visitor.ts';

const PASSWORD = 'of the engine';
const NEW_PASSWORD = 'of the loom 2';

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** @param readMail the newest mail */
export async function visit(ada: Visitor, bob: Visitor, readMail: () => string): Promise<void> {
  await comeIn(ada, bob);
  await write(ada, bob);
  await follow(ada, bob);
  await talk(ada, bob);
  await change(ada);
  await useApi(ada);
  await forget(bob, readMail);
  await askTooOften(ada);
}

async function comeIn(ada: Visitor, bob: Visitor): Promise<void> {
  await ada.get('/');
  await ada.get('/auth/login?next=%2Fprofile');
  const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD, again: PASSWORD };
  await ada.fill('/auth/register', { username: 'a', email: 'nobody', password: 'short', again: 'other' });
  await ada.post('/auth/register', { ...account, again: 'of the engines' });
  await ada.post('/auth/register', account);
  await ada.fill('/auth/login', { username: 'ada', password: 'wrong' });
  await ada.post('/auth/login?next=%2Fprofile', { username: 'ada', password: PASSWORD, remember: 'y' });
  await ada.get('/profile');
  await ada.get('/auth/login');
  await bob.fill('/auth/register', { ...account, username: 'ADA' });
  await bob.post('/auth/register', { ...account, username: ' bob ', email: 'bob@example.org' });
  await bob.fill('/auth/login?next=%2F%2Fevil.test', { username: 'bob', password: PASSWORD });
}

async function write(ada: Visitor, bob: Visitor): Promise<void> {
  await ada.fill('/', { body: '  ' });
  for (const body of ['<script>alert(1)</script>', 'see https://example.org/?a=1&b=2', 'ä 🦄 "100%"', 'four']) {
    await ada.post('/', { body });
  }
  await ada.get('/');
  await ada.get('/?page=2');
  await ada.get('/explore?page=nonsense');
  await bob.fill('/', { body: `${'🦄'.repeat(281)}` });
  await bob.post('/', { body: '🦄'.repeat(280) });
  await bob.post('/', { csrf_token: 'made up', body: 'forged' });
  await bob.get('/search');
  await bob.get('/search?q=100%25');
  await bob.get('/search?q=e&page=1');
  await bob.get('/search?q=nowhere+%3Cb%3E');
}

async function follow(ada: Visitor, bob: Visitor): Promise<void> {
  await ada.get('/user/bob');
  await ada.post('/follow/bob');
  await ada.get('/user/BOB');
  await ada.get('/');
  await ada.post('/follow/ada');
  await ada.post('/follow/nobody');
  await bob.post('/post/1/delete');
  await bob.post('/post/99/delete');
  await bob.get('/user/ada?page=2');
  await ada.post('/unfollow/bob');
  await ada.get('/user/bob');
  await ada.post('/follow/bob');
  await ada.post('/post/4/delete');
  await ada.get('/user/ada');
}

async function talk(ada: Visitor, bob: Visitor): Promise<void> {
  await bob.fill('/messages/to/ada', { body: '' });
  for (const body of ['Hello & good day', 'Line\nand line', 'three', 'four'])
    await bob.post('/messages/to/ada', { body });
  await bob.get('/messages/');
  await ada.get('/explore');
  await ada.get('/messages/');
  await ada.get('/messages/?page=2');
  await ada.get('/messages');
  await ada.get('/messages/to/nobody');
}

async function change(ada: Visitor): Promise<void> {
  await ada.fill('/profile', { username: 'bob', about: '' });
  await ada.post('/profile', { username: 'ada', about: 'I count.\n"Really" & <b>always</b>.' });
  await ada.get('/user/ada');
  await ada.post('/language/de', { next: '/user/ada?page=1' });
  await ada.get('/user/ada?page=1');
  await ada.get('/messages/to/bob');
  await ada.post('/language/fr');
  await ada.get('/nowhere');
  await ada.post('/language/en', { next: 'https://evil.test/' });
  await ada.get('/export');
  await ada.get('/static/style.css');
  // The cookie that remembers her lets her in.
  ada.restart();
  await ada.get('/');
  await ada.get('/profile');
}

async function useApi(ada: Visitor): Promise<void> {
  await ada.api('GET', '/posts', '');
  await ada.api('POST', '/tokens', basic('ada', 'wrong'));
  const { token } = JSON.parse((await ada.api('POST', '/tokens', basic('ada', PASSWORD))).text);
  const bearer = `Bearer ${token}`;
  await ada.api('GET', '/users', bearer);
  await ada.api('GET', '/users/1', bearer);
  await ada.api('GET', '/users/9', bearer);
  await ada.api('GET', '/users/2/posts', bearer);
  await ada.api('POST', '/posts', bearer, { body: ' by <a> program: ü ' });
  await ada.api('POST', '/posts', bearer, { body: 5 });
  await ada.api('GET', '/posts?page=2', bearer);
  await ada.api('DELETE', '/tokens', bearer);
  await ada.api('GET', '/posts', bearer);
}

async function forget(bob: Visitor, readMail: () => string): Promise<void> {
  await bob.post('/auth/logout');
  await bob.get('/auth/login', { 'accept-language': 'fr, de;q=0.8, en;q=0.5' });
  await bob.fill('/auth/reset', { email: 'bob@example.org' });
  const link = new URL(/http:\S+/.exec(readMail())?.[0] ?? '').pathname;
  await bob.fill(link, { password: NEW_PASSWORD, again: 'other' });
  await bob.post(link, { password: NEW_PASSWORD, again: NEW_PASSWORD });
  await bob.get(link);
  await bob.get('/auth/reset/made.up');
  await bob.fill('/auth/login', { username: 'bob', password: PASSWORD });
  await bob.post('/auth/login', { username: 'bob', password: NEW_PASSWORD });
  await bob.get('/messages/');
}

/** Five mails in an hour: bob had one. */
async function askTooOften(ada: Visitor): Promise<void> {
  await ada.get('/auth/reset');
  for (let n = 2; n <= 6; n++) await ada.post('/auth/reset', { email: 'nobody@example.org' });
}
