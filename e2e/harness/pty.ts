import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { findProgram } from '../../tools/test-packages.ts';
import { until, type Folder } from './folder.ts';
import { pmPath } from './pm.ts';

/** A verb of pm in a real pseudo-terminal, which script(1) makes. */
export interface Terminal {
  /** Everything that was written to the terminal, as it came. */
  readonly output: string;
  /** The lines of the last whole screen, without colours. */
  readonly screen: string;
  type(keys: string): void;
  resize(columns: number, rows: number): Promise<void>;
  /** Of the verb, not of the shell around it. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** Settings of the terminal now, without its size, as stty(1) tells them. */
  settings(): Promise<string>;
  /** Waits until the last screen matches. */
  shows(pattern: RegExp | string): Promise<void>;
  /** The exit code as a shell tells it, and the settings from before and after. */
  ended(): Promise<{ readonly code: number; readonly before: string; readonly after: string }>;
}

const beginsScreen = '\u001B[?2026h';

export interface TerminalOptions {
  /** The shell does not look at the terminal, nor end, before this file is there. */
  readonly staysFor?: string;
}

/** Starts `pm ARGS…` in a terminal of 100 by 20. */
export async function startInTerminal(
  folder: Folder,
  args: readonly string[],
  onFinished: (end: () => void) => void,
  { staysFor }: TerminalOptions = {},
): Promise<Terminal> {
  const words = [process.execPath, pmPath, ...args].map((word) => `'${word}'`).join(' ');
  const lines = [
    'stty cols 100 rows 20',
    'stty -a > before',
    'tty > tty.tmp && mv tty.tmp tty',
    `sh -c 'echo $$ > pid; exec "$@"' sh ${words}`,
    'echo $? > code.tmp',
    ...(staysFor === undefined ? [] : [`while [ ! -e ${staysFor} ]; do sleep 0.02; done`]),
    'stty -a > after',
    'mv code.tmp code',
  ];
  const file = await folder.write('in-terminal.sh', `#!/bin/sh\n${lines.join('\n')}\n`);
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child: ChildProcess = spawn(findProgram('script'), ['-qfec', file, '/dev/null'], {
    cwd: folder.path,
    env: { PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8', PM_RUNTIME_DIR: `${folder.path}/.run` },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await until('the terminal is there', () => folder.exists('tty'));
  const path = (await folder.read('tty')).trim();
  const terminal: Terminal = {
    get output() {
      return output;
    },
    get screen() {
      return stripVTControlCharacters(output.split(beginsScreen).at(-1) ?? '').replaceAll('\r', '');
    },
    type: (keys) => void child.stdin?.write(keys),
    resize: async (columns, rows) =>
      void execFileSync('stty', ['-F', path, 'cols', String(columns), 'rows', String(rows)]),
    signal: async (name) => void process.kill(Number(await folder.read('pid')), name),
    settings: async () => withoutSize(execFileSync('stty', ['-F', path, '-a'], { encoding: 'utf8' })),
    async shows(pattern) {
      const matches = (): boolean =>
        typeof pattern === 'string' ? terminal.screen.includes(pattern) : pattern.test(terminal.screen);
      await until(`the screen shows ${String(pattern)}`, matches).catch((error: Error) => {
        throw new Error(`${error.message}; it is:\n${terminal.screen}`);
      });
    },
    async ended() {
      await until('it ended', () => folder.exists('code'));
      await closed;
      const [code, before, after] = await Promise.all(['code', 'before', 'after'].map((name) => folder.read(name)));
      return { code: Number(code), before: withoutSize(before ?? ''), after: withoutSize(after ?? '') };
    },
  };
  return terminal;
}

function withoutSize(settings: string): string {
  return settings.replace(/rows \d+; columns \d+;/, '').trim();
}
