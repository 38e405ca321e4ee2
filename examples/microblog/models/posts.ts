/** Posts: those of all, of one author, of whom a user follows, and those in which some words are. */
import { all, dateOf, first, now, run, type Value } from '../db.ts';
import { type Page, paginate } from '../paging.ts';
import type { User } from './users.ts';

export interface Post {
  readonly id: number;
  readonly author_id: number;
  readonly username: string;
  readonly body: string;
  readonly created: Date;
}

type Row = Omit<Post, 'created'> & { readonly created: number };

const SELECT = 'SELECT post.*, username FROM post JOIN user ON user.id = author_id';

const postOf = (row: Row): Post => ({ ...row, created: dateOf(row.created) });

const select = (where: string, ...values: readonly Value[]): Page<Post> =>
  paginate((limit, offset) =>
    all<Row>(`${SELECT} ${where} ORDER BY post.id DESC LIMIT ? OFFSET ?`, ...values, limit, offset).map(postOf),
  );

/** Each of these is the page that the request asks for, the newest first. */
export const allPosts = () => select('');
export const postsOf = (author: User) => select('WHERE author_id = ?', author.id);

export const postsFor = (reader: User) =>
  select(
    'WHERE author_id = ? OR author_id IN (SELECT followed_id FROM follow WHERE follower_id = ?)',
    reader.id,
    reader.id,
  );

export function search(words: string): Page<Post> {
  const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
  return select("WHERE body LIKE ? ESCAPE '\\'", pattern);
}

export function findPost(id: number): Post | undefined {
  const row = first<Row>(`${SELECT} WHERE post.id = ?`, id);
  return row && postOf(row);
}

/** Returns the post's id. */
export function addPost(author: User, body: string): number {
  const sql = 'INSERT INTO post (author_id, body, created) VALUES (?, ?, ?) RETURNING id';
  return first<{ id: number }>(sql, author.id, body, now())?.id ?? 0;
}

export const deletePost = (post: Post) => run('DELETE FROM post WHERE id = ?', post.id);

/** All posts of an author one after the other, the oldest first: never all of them at once. */
export function* everyPostOf(author: User): Generator<Post> {
  const next = (after: number) =>
    first<Row>(`${SELECT} WHERE author_id = ? AND post.id > ? ORDER BY post.id LIMIT 1`, author.id, after);
  for (let row = next(0); row !== undefined; row = next(row.id)) yield postOf(row);
}
