import { setTimeout } from 'node:timers/promises';
import { openDatabase } from './database.ts';

const name = process.env['PM_INSTANCE'] ?? 'queue';
const database = openDatabase();
const take = database.prepare(
  'UPDATE jobs SET taken_by = ? WHERE id = (SELECT id FROM jobs WHERE taken_by IS NULL ORDER BY id LIMIT 1) RETURNING id, what',
);
const finish = database.prepare('UPDATE jobs SET done = 1 WHERE id = ?');

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

while (!stop.signal.aborted) {
  const job = take.get(name);
  if (job === undefined) {
    await setTimeout(200, undefined, { signal: stop.signal }).catch(() => undefined);
    continue;
  }
  await setTimeout(1_500);
  finish.run(job['id'] ?? null);
  console.log(`done with job ${job['id']}: ${job['what']}`);
}
console.log('no job in my hands, going');
database.close();
