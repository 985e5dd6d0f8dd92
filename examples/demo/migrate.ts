import { openDatabase } from './database.ts';

const migrations = {
  '001 jobs':
    'CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL, taken_by TEXT, done INTEGER NOT NULL DEFAULT 0)',
  '002 visits': 'CREATE TABLE visits (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)',
};

const database = openDatabase();
database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)');
const record = database.prepare('INSERT OR IGNORE INTO migrations VALUES (?)');
for (const [name, sql] of Object.entries(migrations)) {
  if (record.run(name).changes === 0) continue;
  database.exec(sql);
  console.log(`applied ${name}`);
}
database.close();
