import { guardTerminal } from './guard.ts';
import type { Key } from './keys.ts';
import { readKeys } from './keys.ts';
import type { Size } from './screen.ts';

/** What happens at the terminal. */
export interface TerminalEvents {
  readonly onKeys: (keys: readonly Key[]) => void;
  /** The size is another, or the screen was somebody else's meanwhile: draw it whole. */
  readonly onResize: () => void;
  /** There is no terminal any more. */
  readonly onGone: () => void;
}

/** The terminal, taken over until it is given back. */
export interface Terminal {
  size(): Size;
  /** Lines of a whole screen. */
  draw(lines: readonly string[]): void;
  /** Back to the shell, as Ctrl+Z does it; it goes on with `fg`. */
  suspend(): void;
  /** Gives it back as it was. Idempotent. */
  restore(): void;
}

const csi = '\u001B[';
/** Another screen, no cursor, no wrapping of lines that are too long. */
const takeOver = `${csi}?1049h${csi}?25l${csi}?7l`;
const giveBack = `${csi}0m${csi}?7h${csi}?25h${csi}?1049l`;
/** Terminals that know it show a screen when it is whole. */
const [beginScreen, endScreen] = [`${csi}?2026h${csi}H`, `${csi}J${csi}?2026l`];

const deadly: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Takes the terminal over. Whatever ends this process gives it back: a key, a signal (which then ends it as it would have),
 * an exception; where it is killed, a guard does.
 */
export function openTerminal({ onKeys, onResize, onGone }: TerminalEvents): Terminal {
  const { stdin, stdout } = process;
  const dismissGuard = guardTerminal(giveBack);
  let taken = false;
  let shown = '';
  const enter = (): void => {
    taken = true;
    shown = '';
    stdin.setRawMode(true);
    stdout.write(takeOver);
  };
  const leave = (): void => {
    if (!taken) return;
    taken = false;
    stdout.write(giveBack);
    stdin.setRawMode(false);
  };
  const die = (signal: NodeJS.Signals): void => {
    restore();
    process.kill(process.pid, signal);
  };
  const suspend = (): void => {
    leave();
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => {
    enter();
    onResize();
  };
  const read = (text: string): void => onKeys(readKeys(text));
  const restore = (): void => {
    leave();
    dismissGuard();
    for (const signal of deadly) process.off(signal, die);
    process.off('SIGTSTP', suspend).off('SIGCONT', resume).off('exit', restore);
    stdout.off('resize', onResize).off('error', onGone);
    stdin.off('data', read).off('end', onGone).off('error', onGone).pause();
  };
  for (const signal of deadly) process.on(signal, die);
  process.on('SIGTSTP', suspend).on('SIGCONT', resume).on('exit', restore);
  stdout.on('resize', onResize).on('error', onGone);
  stdin.setEncoding('utf8').on('data', read).on('end', onGone).on('error', onGone);
  enter();
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    draw(lines) {
      const screen = lines.map((line) => `${line}${csi}K`).join('\r\n');
      if (screen === shown || !taken) return;
      shown = screen;
      stdout.write(`${beginScreen}${screen}${endScreen}`);
    },
    suspend,
    restore,
  };
}
