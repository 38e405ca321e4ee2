/** Users, and who follows whom. */
import { createHash } from 'node:crypto';
import { checkPasswordHash, currentApp, generatePasswordHash } from '@qilin/flask';
import { UserMixin } from '@qilin/flask-login';
import { all, dateOf, first, now, run, type Value } from '../db.ts';

interface Row {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password_hash: string;
  readonly about: string;
  readonly last_seen: number;
  readonly message_read: number;
}

declare module '@qilin/flask-login' {
  interface CurrentUser extends User {}
}

/** Seconds after which a visit is noted anew. */
const SEEN_EVERY = 60;

/** Templates see it by Python's names, as any `UserMixin`: `user.last_seen`, `user.is_following(other)`. */
export class User extends UserMixin {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly about: string;
  readonly lastSeen: Date;
  readonly #row: Row;

  constructor(row: Row) {
    super();
    this.id = row.id;
    this.username = row.username;
    this.email = row.email;
    this.about = row.about;
    this.lastSeen = dateOf(row.last_seen);
    this.#row = row;
  }

  get passwordHash(): string {
    return this.#row.password_hash;
  }

  /** Tells one password from another, and nothing of it. */
  get trace(): string {
    return createHash('sha256').update(this.passwordHash).digest('hex').slice(0, 16);
  }

  /** What sessions and cookies name: with a new password those of before are nobody's. */
  override getId(): string {
    return `${this.id}.${this.trace}`;
  }

  get followers(): number {
    return count('SELECT count(*) AS count FROM follow WHERE followed_id = ?', this.id);
  }

  get following(): number {
    return count('SELECT count(*) AS count FROM follow WHERE follower_id = ?', this.id);
  }

  get unread(): number {
    const sql = 'SELECT count(*) AS count FROM message WHERE recipient_id = ? AND id > ?';
    return count(sql, this.id, this.#row.message_read);
  }

  isFollowing(other: User): boolean {
    return (
      count('SELECT count(*) AS count FROM follow WHERE follower_id = ? AND followed_id = ?', this.id, other.id) > 0
    );
  }

  follow(other: User): void {
    run('INSERT INTO follow (follower_id, followed_id) VALUES (?, ?) ON CONFLICT DO NOTHING', this.id, other.id);
  }

  unfollow(other: User): void {
    run('DELETE FROM follow WHERE follower_id = ? AND followed_id = ?', this.id, other.id);
  }

  seen(): void {
    run('UPDATE user SET last_seen = ? WHERE id = ? AND last_seen < ?', now(), this.id, now() - SEEN_EVERY);
  }

  /** False when somebody else has the name. */
  change({ username, about }: { readonly username: string; readonly about: string }): boolean {
    return run('UPDATE OR IGNORE user SET username = ?, about = ? WHERE id = ?', username, about, this.id) > 0;
  }

  async setPassword(password: string): Promise<void> {
    run('UPDATE user SET password_hash = ? WHERE id = ?', await hash(password), this.id);
    run('DELETE FROM token WHERE user_id = ?', this.id);
  }
}

const count = (sql: string, ...values: readonly Value[]): number =>
  first<{ count: number }>(sql, ...values)?.count ?? 0;

const hash = (password: string): Promise<string> =>
  generatePasswordHash(password, currentApp.config.PASSWORD_METHOD ?? 'scrypt');

const userOf = (row: Row | undefined): User | undefined => row && new User(row);

export const findUser = (id: number): User | undefined => userOf(first('SELECT * FROM user WHERE id = ?', id));
export function findBySession(sessionId: string): User | undefined {
  const [id, trace] = sessionId.split('.');
  const user = findUser(Number(id));
  return user?.trace === trace ? user : undefined;
}
export const findByName = (name: string): User | undefined =>
  userOf(first('SELECT * FROM user WHERE username = ?', name));
export const findByEmail = (email: string): User | undefined =>
  userOf(first('SELECT * FROM user WHERE email = ?', email));
export const allUsers = (): User[] => all<Row>('SELECT * FROM user ORDER BY username').map((row) => new User(row));

/** False when somebody has the name or the address already. */
export async function addUser(username: string, email: string, password: string): Promise<boolean> {
  const sql = 'INSERT INTO user (username, email, password_hash, last_seen) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
  return run(sql, username, email, await hash(password), now()) > 0;
}

/** The user with this name and password. Who guesses names learns nothing by the time that it takes. */
export async function authenticate(username: string, password: string): Promise<User | undefined> {
  const user = findByName(username);
  const isRight = await checkPasswordHash(user?.passwordHash ?? (await nobodysHash()), password);
  return isRight ? user : undefined;
}

let nobody: Promise<string> | undefined;

/** A hash that is as much work as a user's, of a password that nobody knows. */
function nobodysHash(): Promise<string> {
  nobody ??= hash(crypto.randomUUID());
  return nobody;
}
