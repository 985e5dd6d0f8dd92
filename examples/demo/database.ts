import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens the demo's database. Several processes share the file: a writer waits for another instead of failing. */
export function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(join(process.env['DEMO_FOLDER'] ?? '.', 'demo.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL');
  return database;
}
