/** Notes in SQLite by drizzle-orm. `npx flask --app app.ts migrate`, then `qilin -w 4 app.ts:app` */
import { fileURLToPath } from 'node:url';
import { createClient } from '@libsql/client';
import { abort, Flask, request } from '@qilin/flask';
import { desc, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql';
import { migrate } from 'drizzle-orm/libsql/migrator';
import { notes } from './schema.ts';

const { DATABASE_URL = 'file:notes.sqlite' } = process.env;
/** A writer waits for the writers of other workers, so long in milliseconds, instead of failing at once with SQLITE_BUSY. */
const PATIENCE = 5_000;
const db = drizzle(createClient({ url: DATABASE_URL, timeout: PATIENCE }));

export const app = new Flask(import.meta);

app.cli.command('migrate', { help: 'Brings the tables up to date.' }, async (_values, { echo }) => {
  await db.run('PRAGMA journal_mode = WAL'); // readers and a writer do not wait for each other; the file remembers it
  await migrate(db, { migrationsFolder: fileURLToPath(new URL('migrations', import.meta.url)) });
  echo('The tables are up to date.');
});

app.get('/notes', async () => db.select().from(notes).orderBy(desc(notes.id)).limit(50));

app.post('/notes', async () => {
  const text = (await request.form).require('text');
  const [note] = await db.insert(notes).values({ text }).returning();
  return [note ?? {}, 201];
});

app.get('/notes/<int:id>', async ({ id }) => {
  const [note] = await db.select().from(notes).where(eq(notes.id, id));
  return note ?? abort(404);
});
