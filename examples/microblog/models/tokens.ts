/** Tokens: those that open the API, and those in the link of a mail. */
import { createHash, randomBytes } from 'node:crypto';
import { BadSignature, currentApp, UrlSafeTimedSerializer } from '@qilin/flask';
import { first, now, run } from '../db.ts';
import { findUser, type User } from './users.ts';

const HOUR = 3600;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A new token for the API, which is good for an hour. */
export function grantToken(user: User): { readonly token: string; readonly expires_in: number } {
  const token = randomBytes(24).toString('hex');
  run('DELETE FROM token WHERE expires <= ?', now());
  run('INSERT INTO token (hash, user_id, expires) VALUES (?, ?, ?)', sha256(token), user.id, now() + HOUR);
  return { token, expires_in: HOUR };
}

export function userOfToken(token: string): User | undefined {
  const sql = 'SELECT user_id FROM token WHERE hash = ? AND expires > ?';
  const found = first<{ user_id: number }>(sql, sha256(token), now());
  return found && findUser(found.user_id);
}

export const revokeToken = (token: string) => run('DELETE FROM token WHERE hash = ?', sha256(token));

function resetTokens(): UrlSafeTimedSerializer {
  const { SECRET_KEY: key } = currentApp.config;
  if (!key) throw new Error('The app has no SECRET_KEY.');
  return new UrlSafeTimedSerializer(key, { salt: 'reset-password' });
}

/** Good for one change: then the password has another trace. */
export const resetToken = (user: User): string => resetTokens().dumps([user.id, user.trace]);

/** The user who got the link; undefined when it is an hour old, used or made up. */
export function userOfResetToken(token: string): User | undefined {
  try {
    const [id, trace] = Object(resetTokens().loads(token, { maxAge: HOUR }));
    const user = findUser(Number(id));
    return user?.trace === trace ? user : undefined;
  } catch (error) {
    if (error instanceof BadSignature) return undefined;
    throw error;
  }
}
