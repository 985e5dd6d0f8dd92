/** Keys that mean something, and single characters. */
export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'ctrl-c'
  | 'ctrl-z'
  | 'a'
  | 'h'
  | 'j'
  | 'k'
  | 'l'
  | 'o'
  | 'q'
  | 'r'
  | 's'
  | 'y'
  | '+'
  | '-'
  | '?'
  | 'other';

const escape = '\u001B';

/** What terminals send (xterm, Linux console, application mode). */
const sequences: Readonly<Record<string, Key>> = {
  '[A': 'up',
  OA: 'up',
  '[B': 'down',
  OB: 'down',
  '[5~': 'page-up',
  '[6~': 'page-down',
  '[H': 'home',
  OH: 'home',
  '[1~': 'home',
  '[7~': 'home',
  '[F': 'end',
  OF: 'end',
  '[4~': 'end',
  '[8~': 'end',
};

const characters: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u0003': 'ctrl-c',
  '\u001A': 'ctrl-z',
  '=': '+',
  _: '-',
  ...Object.fromEntries(Array.from('ahjkloqrsy+-?').map((letter) => [letter, letter as Key])),
};

const pattern = new RegExp(`${escape}(?:\\[[0-?]*[ -/]*[@-~]|O[@-~])|${escape}|[^${escape}]`, 'gsu');

/** The keys in what a terminal sent at once. Pure. A lone escape is the key; what is not known is `other`. */
export function readKeys(text: string): Key[] {
  return (text.match(pattern) ?? []).map((part) => {
    if (part === escape) return 'escape';
    return part.startsWith(escape) ? (sequences[part.slice(1)] ?? 'other') : (characters[part] ?? 'other');
  });
}
