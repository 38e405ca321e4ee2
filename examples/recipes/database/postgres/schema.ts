/** The tables, from which `npx drizzle-kit generate --dialect postgresql --schema schema.ts --out migrations` writes the next migration. */
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const notes = pgTable('notes', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  text: text().notNull(),
  written: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
