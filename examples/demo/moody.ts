import { setTimeout } from 'node:timers/promises';

console.log('all is well');
await setTimeout(6_000);
console.error('cannot go on like this');
process.exitCode = 1;
