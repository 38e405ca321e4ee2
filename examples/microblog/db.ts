/** The database: one connection for each request that asks for it, closed when the request is over. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { currentApp, type Flask, g } from '@qilin/flask';
import Database from 'libsql';

declare module '@qilin/flask' {
  interface Globals {
    db?: Database.Database;
  }
}

/** What goes into a statement. */
export type Value = string | number | null;

function open(file: string): Database.Database {
  // Several processes write to one file: a writer waits for the others rather than fail.
  const db = new Database(file, { timeout: 5000 });
  db.pragma('foreign_keys = ON');
  return db;
}

function connection(): Database.Database {
  g.db ??= open(currentApp.config.DATABASE ?? '');
  return g.db;
}

/** All rows of a query. */
export const all = <Row>(sql: string, ...values: readonly Value[]): Row[] =>
  connection()
    .prepare(sql)
    .all(...values) as Row[];

/** The first row of a query. */
export const first = <Row>(sql: string, ...values: readonly Value[]): Row | undefined =>
  connection()
    .prepare(sql)
    .get(...values) as Row | undefined;

/** Changes something; returns how many rows it did. */
export const run = (sql: string, ...values: readonly Value[]): number =>
  connection()
    .prepare(sql)
    .run(...values).changes;

/** Times are kept as seconds since 1970. */
export const now = (): number => Math.floor(Date.now() / 1000);
export const dateOf = (seconds: number): Date => new Date(seconds * 1000);

/** Makes the tables that are missing, and closes what a request has opened. */
export function initApp(app: Flask): void {
  const { DATABASE: file = '' } = app.config;
  mkdirSync(dirname(file), { recursive: true });
  const db = open(file);
  // Readers and a writer do not wait for each other.
  db.pragma('journal_mode = WAL');
  db.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));
  db.close();
  app.teardownAppcontext(() => {
    g.db?.close();
    delete g.db;
  });
}
