import { posix } from 'node:path';
import type { EnvironmentDraft } from '../../config/draft.ts';
import { instanceVariables } from '../../config/interpolate.ts';
import { joinPath } from '../../config/path.ts';
import type { Building } from './building.ts';
import { readEnvFile } from './env-file.ts';

export type Env = Readonly<Record<string, string>>;

/** Relative paths start at the working directory of the process, and that at the supervisor's. */
export function resolvePath(path: string, workingDir: string | undefined, building: Building): string {
  const base = building.facts.cwd;
  return posix.isAbsolute(path) ? path : posix.join(workingDir ?? base, path);
}

/** The absolute working directory of a draft, or the inherited one. */
export function toWorkingDir(
  draft: EnvironmentDraft,
  inherited: string | undefined,
  building: Building,
): string | undefined {
  return draft.working_dir === undefined ? inherited : resolvePath(draft.working_dir, undefined, building);
}

export interface EnvironmentPlace {
  /** Where the draft stands: `global`, `processes.web`. */
  readonly path: string;
  readonly inherited: Env;
  readonly workingDir: string | undefined;
}

/** The inherited environment, then the env files in order, then `env`. */
export function toEnv(draft: EnvironmentDraft, place: EnvironmentPlace, building: Building): Env {
  const env = Object.assign(Object.create(null) as Record<string, string>, place.inherited);
  for (const [index, file] of (draft.env_file ?? []).entries()) {
    const path = resolvePath(file, place.workingDir, building);
    Object.assign(env, loadEnvFile(path, joinPath(joinPath(place.path, 'env_file'), index), building));
  }
  return Object.assign(env, checkEnv(draft.env, joinPath(place.path, 'env'), building));
}

/** The variables of an `env` map; a name that no environment can hold is an error. */
export function checkEnv(env: Env | undefined, path: string, { report }: Building): Env {
  for (const name of Object.keys(env ?? {})) {
    if (name !== '' && !/[=\0]/.test(name)) continue;
    report.error(
      joinPath(path, name),
      `${JSON.stringify(name)} is not a name of a variable`,
      'Use letters, digits and "_".',
    );
  }
  return env ?? {};
}

function loadEnvFile(path: string, at: string, { facts, report }: Building): Env {
  let text: string;
  try {
    text = facts.readFile(path);
  } catch (error) {
    report.error(
      at,
      `cannot read the env file ${path}: ${toReason(error)}`,
      'Create it, correct the path, or remove it from "env_file".',
    );
    return {};
  }
  const reading = readEnvFile(text);
  if (!reading.ok) {
    report.error(
      at,
      `${path}:${reading.line}: ${reading.message}`,
      'An env file holds NAME=value lines, comments and empty lines.',
    );
    return {};
  }
  return Object.fromEntries(Object.entries(reading.env).map(([name, value]) => [name, escapeInstanceVariables(value)]));
}

const deferred = new RegExp(`\\$\\{(?=(?:${instanceVariables.join('|')})(?:\\}|:-[^}]*\\}))`, 'g');

/** An env file is data: a password that holds `${PORT}` must arrive as it is, so it is escaped for `expandInstance`. */
function escapeInstanceVariables(value: string): string {
  return value.replace(deferred, '$$$${');
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
};

function toReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
