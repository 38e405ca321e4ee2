/** Messages from one user to another. */
import { all, dateOf, now, run } from '../db.ts';
import { type Page, paginate } from '../paging.ts';
import type { User } from './users.ts';

export interface Message {
  readonly id: number;
  readonly sender_id: number;
  readonly username: string;
  readonly body: string;
  readonly created: Date;
}

type Row = Omit<Message, 'created'> & { readonly created: number };

const SELECT = `SELECT message.id, sender_id, username, body, created FROM message JOIN user ON user.id = sender_id
  WHERE recipient_id = ? ORDER BY message.id DESC LIMIT ? OFFSET ?`;

/** The page that the request asks for of what a user has received. */
export const messagesTo = (user: User): Page<Message> =>
  paginate((limit, offset) =>
    all<Row>(SELECT, user.id, limit, offset).map((row) => ({ ...row, created: dateOf(row.created) })),
  );

export function sendMessage(sender: User, recipient: User, body: string): void {
  const sql = 'INSERT INTO message (sender_id, recipient_id, body, created) VALUES (?, ?, ?, ?)';
  run(sql, sender.id, recipient.id, body, now());
}

export function markRead(user: User): void {
  const newest = '(SELECT coalesce(max(id), 0) FROM message WHERE recipient_id = user.id)';
  run(`UPDATE user SET message_read = ${newest} WHERE id = ?`, user.id);
}
