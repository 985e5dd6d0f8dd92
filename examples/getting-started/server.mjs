import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const names = readFileSync('names.txt', 'utf8').trim().split('\n');
const greetings = names.map((name) => `${process.env.GREETING} ${name}\n`);
const port = Number(process.env.PORT);

const server = createServer((request, response) => response.end(greetings.join('')));
server.listen(port, '127.0.0.1', () => console.log(`listening on ${port}`));
process.once('SIGTERM', () => server.close());
