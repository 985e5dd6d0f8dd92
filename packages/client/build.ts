// The types of what goes over the wire come from the API's contract. Whoever installs the client gets a copy of them,
// and not the server with everything it needs.
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const dist = join(import.meta.dirname, 'dist');
const contract = join(dist, 'contract');
const source = join(import.meta.dirname, '../plugin-api/dist/routes');

rmSync(contract, { recursive: true, force: true });
for (const name of globSync('*.d.ts', { cwd: source })) cpSync(join(source, name), join(contract, name));

for (const name of globSync('**/*.d.ts', { cwd: dist })) {
  const path = join(dist, name);
  const text = readFileSync(path, 'utf8');
  const place = relative(dirname(path), join(contract, 'index.js'));
  const local = text.replaceAll(
    "'@pm-supervisor/plugin-api/contract'",
    `'${place.startsWith('.') ? place : `./${place}`}'`,
  );
  if (local !== text) writeFileSync(path, local);
}
