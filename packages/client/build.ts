// Whoever installs the client gets a copy of the API's contract, and not the server with everything it needs.
import { cpSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, 'dist');
const source = join(import.meta.dirname, '../plugin-api/dist/routes');
const names = globSync('*.d.ts', { cwd: source });
if (!names.includes('index.d.ts')) throw new Error(`${source} holds no types: build @pm-supervisor/plugin-api first`);

rmSync(join(dist, 'contract'), { recursive: true, force: true });
for (const name of names) cpSync(join(source, name), join(dist, 'contract', name));
writeFileSync(join(dist, 'contract.d.ts'), "export type * from './contract/index.js';\n");
