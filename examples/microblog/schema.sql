CREATE TABLE IF NOT EXISTS user (
  id INTEGER PRIMARY KEY,
  username TEXT NOT NULL UNIQUE COLLATE NOCASE,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  last_seen INTEGER NOT NULL,
  -- The last message that was read.
  message_read INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS follow (
  follower_id INTEGER NOT NULL REFERENCES user (id),
  followed_id INTEGER NOT NULL REFERENCES user (id),
  PRIMARY KEY (follower_id, followed_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS post (
  id INTEGER PRIMARY KEY,
  author_id INTEGER NOT NULL REFERENCES user (id),
  body TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS post_by_author ON post (author_id, id);

CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY,
  sender_id INTEGER NOT NULL REFERENCES user (id),
  recipient_id INTEGER NOT NULL REFERENCES user (id),
  body TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_recipient ON message (recipient_id, id);

-- Of a token of the API only the hash is kept.
CREATE TABLE IF NOT EXISTS token (
  hash TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user (id),
  expires INTEGER NOT NULL
);
