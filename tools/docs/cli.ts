import type { CliContext } from '../../packages/cli/src/context.ts';
import { exitCodes } from '../../packages/cli/src/exit-codes.ts';
import { runVerb, showRunHelp } from '../../packages/cli/src/program.ts';
import { verbs } from '../../packages/cli/src/verbs.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'Done; for `pm run`: stopped on request, or idle.',
  failed: 'The boot failed, or the answer is no.',
  notRunning: 'No supervisor answers at the socket or URL.',
  usage: 'The command line is wrong.',
  internal: 'A defect of pm.',
  alreadyRunning: 'Another supervisor runs on the same socket.',
  config: 'The configuration is wrong.',
};

/** The help of every verb, as the command prints it, and the exit codes. */
export async function renderCli(): Promise<string> {
  const helps = [await captureHelp('pm', (context) => runVerb(context), ['--help'])];
  helps.push(await captureHelp('pm run', showRunHelp, []));
  for (const name of Object.keys(verbs)) {
    helps.push(await captureHelp(`pm ${name}`, (context) => runVerb(context), [name, '--help']));
  }
  return toPage(
    '# Command line',
    toGeneratedNote('packages/cli/src'),
    ...helps,
    '## Exit codes',
    '`pm run` also ends with the code of a required process that failed (128 + N for signal N), or with that of the command\n' +
      'after `--`.',
    toTable(
      ['code', 'meaning'],
      Object.entries(exitCodes).map(([name, code]) => [`${code}`, toMeaning(name)]),
    ),
  );
}

function toMeaning(name: string): string {
  return exitMeanings[name as keyof typeof exitCodes];
}

type Show = (context: CliContext) => Promise<number>;

async function captureHelp(title: string, show: Show, argv: readonly string[]): Promise<string> {
  let text = '';
  const stdout = { isTerminal: false, write: (part: string): void => void (text += part) };
  const node = { version: process.versions.node, path: process.execPath, arch: process.arch };
  await show({ argv, env: {}, cwd: '/', pid: 1, node, hasTerminal: false, stdout, stderr: stdout });
  return `## ${title}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}
