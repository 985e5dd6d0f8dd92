import { createReadStream, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ApiError } from '@pm-supervisor/client';
import { ConfigError, readDeclarations, readText, type Declarations, type Diagnostic } from '@pm-supervisor/core';
import type { CliContext } from '../context.ts';

/** Reads FILE, or standard input for `-`; with a name the text is that one process. Throws ConfigError. */
export async function readDeclared(
  file: string,
  name: string | undefined,
  { cwd, env }: CliContext,
): Promise<Declarations> {
  const text = file === '-' ? await readInput() : readFile(resolve(cwd, file), file);
  const source = { file: file === '-' ? 'standard input' : file, text, ...(name === undefined ? {} : { name }) };
  const folder = file === '-' ? cwd : dirname(resolve(cwd, file));
  return readDeclarations(source, { env, readFile: (path) => readFileSync(resolve(folder, path), 'utf8') });
}

function readFile(path: string, shown: string): string {
  const reading = readText(path);
  if (reading.ok) return reading.text;
  const code = reading.missing ? 'PM_CONFIG_NOT_FOUND' : 'PM_CONFIG_UNREADABLE';
  throw new ConfigError(
    code,
    `${shown} ${reading.message}`,
    [],
    reading.hint === undefined ? {} : { hint: reading.hint },
  );
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream('', { fd: 0, autoClose: false, encoding: 'utf8' }))
    text += chunk as string;
  return text;
}

/** What the supervisor found wrong, at its place in the file: as if the file had been checked here. */
export async function withPlaces<T>(declared: Declarations, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const problems = error instanceof ApiError ? toProblems(error) : [];
    if (problems.length === 0) throw error;
    throw new ConfigError('PM_CONFIG_INVALID', 'nothing was changed', declared.locate(problems), { cause: error });
  }
}

function toProblems({ problem: { errors } }: ApiError): Diagnostic[] {
  if (!Array.isArray(errors)) return [];
  return (
    errors as readonly {
      readonly path: string;
      readonly message: string;
      readonly hint?: string;
      readonly at?: string;
    }[]
  ).map(({ path, message, hint, at }) => ({
    severity: 'error',
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(at === undefined ? {} : { source: at }),
  }));
}
