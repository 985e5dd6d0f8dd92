import { createServer } from 'node:http';
import { openDatabase } from './database.ts';

const database = openDatabase();
const visit = database.prepare('INSERT INTO visits DEFAULT VALUES RETURNING id');
const shares = database.prepare(
  'SELECT taken_by AS name, count(*) AS jobs FROM jobs WHERE done GROUP BY taken_by ORDER BY taken_by',
);
const waiting = database.prepare('SELECT count(*) AS jobs FROM jobs WHERE NOT done');

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(describe());
});

function describe(): string {
  const rows = shares.all().map(({ name, jobs }) => `  ${name} has done ${jobs} job(s)`);
  return [`You are visitor ${visit.get()?.['id']}.`, ...rows, `  ${waiting.get()?.['jobs']} waiting`, ''].join('\n');
}

server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log(`listening on port ${process.env['PORT']}`));

process.once('SIGTERM', () => {
  console.log('answering what was asked, then closing');
  server.close(() => database.close());
  server.closeIdleConnections();
});
