/** The tables, from which `npx drizzle-kit generate --dialect sqlite --schema schema.ts --out migrations` writes the next migration. */
import { sql } from 'drizzle-orm';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const notes = sqliteTable('notes', {
  id: integer().primaryKey({ autoIncrement: true }),
  text: text().notNull(),
  written: integer({ mode: 'timestamp' }).notNull().default(sql`(unixepoch())`),
});
