import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Supervisor } from './supervisors/supervisor.ts';
import { createPm2 } from './supervisors/pm2.ts';
import { createRunit } from './supervisors/runit.ts';
import { createS6 } from './supervisors/s6.ts';
import { createSupervisord } from './supervisors/supervisord.ts';

/** Whom pm is compared with. */
export type PeerName = 's6' | 'runit' | 'supervisord' | 'pm2';

/** Those of Debian, by the program that is looked for. */
const packages = { s6: 's6-svscan', runit: 'runsvdir', supervisord: 'supervisord' } as const;
const debianNames = { s6: 's6', runit: 'runit', supervisord: 'supervisor' } as const;
const pm2Version = '7.0.4';

/** Makes sure that the peers are here, installing what is missing where that is allowed. Throws naming what is not. */
export function preparePeers(names: readonly PeerName[]): Supervisor[] {
  installFromDebian(names.filter((name) => name !== 'pm2').filter((name) => locate(packages[name]) === undefined));
  return names.map(toSupervisor);
}

function toSupervisor(name: PeerName): Supervisor {
  if (name === 'pm2') return createPm2(installPm2());
  const program = locate(packages[name]) ?? packages[name];
  return { s6: createS6, runit: createRunit, supervisord: createSupervisord }[name](program);
}

function installFromDebian(missing: readonly (keyof typeof debianNames)[]): void {
  if (missing.length === 0) return;
  const names = missing.map((name) => debianNames[name]);
  const install = ['install', '-y', '-q', '--no-install-recommends', ...names];
  const allowed = process.getuid?.() === 0 && locate('apt-get') !== undefined;
  if (allowed && run('apt-get', ['update', '-q']) && run('apt-get', install)) return;
  const command = `apt-get install --no-install-recommends ${names.join(' ')}`;
  throw new Error(
    `missing: ${missing.join(', ')}. Install them (on Debian: ${command}), or leave them out with --peers`,
  );
}

/** Not a dependency of the repository: it is as large as everything else together, and wanted only here. */
function installPm2(): string {
  const folder = join(import.meta.dirname, '.peers');
  const program = join(folder, 'node_modules/pm2/bin/pm2-runtime');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '-E',
    `pm2@${pm2Version}`,
  ];
  if (!run('npm', install)) throw new Error(`npm cannot install pm2@${pm2Version}: leave it out with --peers`);
  return program;
}

function run(command: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env }).status === 0;
}

function locate(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
