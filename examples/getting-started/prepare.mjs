import { writeFileSync } from 'node:fs';

writeFileSync('names.txt', 'Ada\nGrace\n');
console.log('the names are written');
