import { setInterval } from 'node:timers/promises';
import { openDatabase } from './database.ts';

const chores = ['resize a picture', 'send a mail', 'write an invoice', 'index a page'];
const database = openDatabase();
const add = database.prepare('INSERT INTO jobs (what) VALUES (?) RETURNING id');

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

try {
  let count = 0;
  for await (const _ of setInterval(1_000, undefined, { signal: stop.signal })) {
    const chore = chores[count++ % chores.length] ?? '';
    console.log(`job ${add.get(chore)?.['id']}: ${chore}`);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
  database.close();
}
