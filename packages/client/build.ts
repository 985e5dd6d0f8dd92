// Whoever installs the client gets the types of the API's contract with it, and not the server with everything it needs:
// declarations are published as a copy in which the contract lies beside them. The workspace compiles against what tsc
// wrote: it takes a file of a referenced project for that project's source, and would look for the copy there.
import { cpSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, 'dist');
const published = join(dist, 'published');
const contract = join(import.meta.dirname, '../plugin-api/dist/routes');
if (globSync('index.d.ts', { cwd: contract }).length === 0)
  throw new Error(`${contract} holds no types: build @pm-supervisor/plugin-api first`);

rmSync(published, { recursive: true, force: true });
for (const name of globSync('**/*.d.ts', { cwd: dist })) cpSync(join(dist, name), join(published, name));
for (const name of globSync('**/*.d.ts', { cwd: contract }))
  cpSync(join(contract, name), join(published, 'contract', name));
writeFileSync(join(published, 'contract.d.ts'), "export type * from './contract/index.js';\n");
