import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const names = ['service', 'launch', 'sink', 'subscribers'] as const;

/** Paths of the compiled programs of a folder. */
export type Programs = Readonly<Record<(typeof names)[number], string>>;

export function programsOf(folder: string): Programs {
  const at = (name: keyof Programs): string => join(folder, name);
  return { service: at('service'), launch: at('launch'), sink: at('sink'), subscribers: at('subscribers') };
}

/** Compiles the C programs into `folder`: linked statically, so that what is measured is the supervisor and not ld.so. */
export function compilePrograms(folder: string): void {
  for (const name of names) {
    const source = join(import.meta.dirname, 'programs', `${name}.c`);
    const args = ['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-o', programsOf(folder)[name], source];
    const { status, error, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
    if (error)
      throw new Error('the bench needs a C compiler: install gcc and libc6-dev (or what brings `cc` here)', {
        cause: error,
      });
    if (status !== 0) throw new Error(`cc cannot compile ${source}:\n${stderr}`);
  }
}
