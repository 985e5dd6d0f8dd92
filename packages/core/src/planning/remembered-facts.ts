import type { MachineFacts } from '../plan/context.ts';

/**
 * Facts that are asked of the machine once for one plan: a thousand processes of one program need one look, and every
 * check of a plan sees the same machine.
 */
export function rememberFacts(facts: MachineFacts): MachineFacts {
  return {
    ...facts,
    findCommand: remember((program: string, path: string | undefined, cwd: string) =>
      facts.findCommand(program, path, cwd),
    ),
    isDirectory: remember((path: string) => facts.isDirectory(path)),
    exists: remember((path: string) => facts.exists(path)),
  };
}

function remember<Args extends readonly (string | undefined)[], T>(ask: (...args: Args) => T): (...args: Args) => T {
  const known = new Map<string, T>();
  return (...args) => {
    const question = JSON.stringify(args);
    if (!known.has(question)) known.set(question, ask(...args));
    return known.get(question) as T;
  };
}
