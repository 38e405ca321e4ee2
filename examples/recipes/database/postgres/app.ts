/** Notes in PostgreSQL by drizzle-orm. `npx flask --app app.ts migrate`, then `qilin -w 4 app.ts:app` */
import { fileURLToPath } from 'node:url';
import { abort, Flask, request } from '@qilin/flask';
import { desc, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Pool } from 'pg';
import { notes } from './schema.ts';

export const app = new Flask(import.meta);

/** Of each worker: workers × max stays below the server's max_connections, 100 unless set. */
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10, connectionTimeoutMillis: 5_000 });
// A connection that idles may be cut, by a restart of the database: the pool makes another. Unheard, the event ends the worker.
pool.on('error', (error) => app.logger.warning(`A connection to the database was lost: ${error.message}`));
const db = drizzle(pool);

app.cli.command('migrate', { help: 'Brings the tables up to date.' }, async (_values, { echo }) => {
  await migrate(db, { migrationsFolder: fileURLToPath(new URL('migrations', import.meta.url)) });
  await pool.end();
  echo('The tables are up to date.');
});

app.get('/notes', async () => db.select().from(notes).orderBy(desc(notes.id)).limit(50));

app.post('/notes', async () => {
  const text = (await request.form).require('text');
  const [note] = await db.insert(notes).values({ text }).returning();
  return [note ?? {}, 201];
});

// What its integers do not hold is not there, instead of an error of the database.
app.get('/notes/<int(max=2147483647):id>', async ({ id }) => {
  const [note] = await db.select().from(notes).where(eq(notes.id, id));
  return note ?? abort(404);
});
