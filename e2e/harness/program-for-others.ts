import { chmod, copyFile, cp, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pmPath, type PmOptions } from './pm.ts';

/** Node and the built `pm` where every user can read them: a copy of what lies in a folder for root alone. */
export async function openProgram(folder: string): Promise<Pick<PmOptions, 'node' | 'pm'>> {
  const dist = join(folder, 'program');
  await cp(dirname(pmPath), dist, { recursive: true });
  if (await isOpenToAll(process.execPath)) return { pm: join(dist, 'pm.js') };
  const node = join(folder, 'node');
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  return { node, pm: join(dist, 'pm.js') };
}

/** Every folder on the way may be entered by anybody. */
async function isOpenToAll(path: string): Promise<boolean> {
  const parent = dirname(path);
  return ((await stat(path)).mode & 0o001) !== 0 && (parent === path || isOpenToAll(parent));
}
