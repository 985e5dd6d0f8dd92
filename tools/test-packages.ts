import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** A program that tests need, and the Debian package that brings it. */
export interface TestPackage {
  readonly package: string;
  /** Names it may have; the first that exists is used. */
  readonly programs: readonly [string, ...string[]];
  readonly for: string;
}

/** The one list of what tests need beside Node. `npm test` installs what is missing, or says how. */
export const testPackages = {
  cc: { package: 'gcc', programs: ['cc'], for: 'building the native helper' },
  curl: { package: 'curl', programs: ['curl'], for: 'the example of a client in sh' },
  etcd: { package: 'etcd-server', programs: ['etcd'], for: 'the key-value store of the mesh router' },
  nginx: { package: 'nginx', programs: ['nginx'], for: 'the web server of the end-to-end tests' },
  phpFpm: {
    package: 'php-fpm',
    programs: ['php-fpm8.2', 'php-fpm8.3', 'php-fpm8.4', 'php-fpm'],
    for: 'the application server of the end-to-end tests',
  },
  python: { package: 'python3', programs: ['python3'], for: 'the example of a client in Python' },
  perl: { package: 'perl-base', programs: ['perl'], for: 'small programs that need fork, setsid and signals' },
  bash: { package: 'bash', programs: ['bash'], for: 'its completion' },
  zsh: { package: 'zsh', programs: ['zsh'], for: 'its completion' },
  fish: { package: 'fish', programs: ['fish'], for: 'its completion' },
  script: { package: 'bsdutils', programs: ['script'], for: 'a real terminal in tests' },
  openssl: { package: 'openssl', programs: ['openssl'], for: 'certificates of tests' },
  unshare: { package: 'util-linux', programs: ['unshare'], for: 'tests in a PID namespace of their own' },
} as const satisfies Record<string, TestPackage>;

/** Absolute path of a program that tests need. Throws when it is missing: tests never skip for that. */
export function findProgram(name: keyof typeof testPackages): string {
  const found = locate(testPackages[name]);
  if (found === undefined) throw new Error(toMissingText([testPackages[name]]));
  return found;
}

/** Installs what is missing where that is allowed (root, with apt-get); else throws an error that names it all. */
export function ensureTestPackages(): void {
  const missing = listMissing();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || locateName('apt-get') === undefined) throw new Error(toMissingText(missing));
  installQuietly(missing.map((entry) => entry.package));
  const still = listMissing();
  if (still.length > 0) throw new Error(toMissingText(still));
}

function listMissing(): TestPackage[] {
  return Object.values(testPackages).filter((entry) => locate(entry) === undefined);
}

function locate(entry: TestPackage): string | undefined {
  return entry.programs.map(locateName).find((path) => path !== undefined);
}

/** Debian keeps daemons in sbin, which is not on every user's PATH. */
function locateName(program: string): string | undefined {
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

/** What is missing, for what, and the command that helps. */
export function toMissingText(missing: readonly TestPackage[]): string {
  const list = missing.map((entry) => `  ${entry.programs[0]} (package ${entry.package}): ${entry.for}`);
  const names = missing.map((entry) => entry.package).join(' ');
  return [
    'Tests need programs that are not installed, and only root on a Debian-like system may install them here:',
    ...list,
    `Install them: sudo apt-get update && sudo apt-get install --no-install-recommends ${names}`,
  ].join('\n');
}

const policy = '/usr/sbin/policy-rc.d';

/** A package that brings a daemon starts it when it is installed, unless this policy says no. */
function installQuietly(packages: readonly string[]): void {
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-q'], { env });
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}
