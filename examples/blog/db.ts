/** The database: one connection for each request that asks for it, closed when the request is over. */
import { readFileSync } from 'node:fs';
import { currentApp, type Flask, g } from '@qilin/flask';
import Database from 'libsql';

declare module '@qilin/flask' {
  interface Globals {
    db?: Database.Database;
  }
}

function open(file: string): Database.Database {
  // Two workers write to one file: a writer waits for the other rather than fail.
  const db = new Database(file, { timeout: 5000 });
  db.pragma('foreign_keys = ON');
  return db;
}

/** The connection of this request. */
export function getDb(): Database.Database {
  g.db ??= open(String(currentApp.config['DATABASE']));
  return g.db;
}

/** Makes the tables that are missing. */
function initDb(file: string): void {
  const db = open(file);
  db.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));
  db.close();
}

export function initApp(app: Flask): void {
  initDb(String(app.config['DATABASE']));
  app.teardownAppcontext(() => {
    g.db?.close();
    delete g.db;
  });
}
