import { behaviourLines, type BehaviourLine } from './behaviour-lines.ts';
import { listFiles, readText } from './workspace.ts';

/** A test that shows lines of the contract, found by the tag in its title. */
export interface Showing {
  readonly path: string;
  readonly title: string;
  readonly lines: readonly number[];
}

/** Tests that start real processes; the others run on fakes and show a line only in part. */
const realFolders = [/^e2e\//, /^packages\/(native|cli)\//, /^packages\/core\/src\/os\//, /^examples\//];

/** Every tagged test of the repository, by path and then by its place in the file. */
export function findShowings(): Showing[] {
  const tests = listFiles().filter((path) => path.endsWith('.test.ts') && !path.startsWith('tools/'));
  return tests.flatMap((path) => parseShowings(path, readText(path)));
}

/** The tagged titles in one file: string literals of one line that hold `[line N]` or `[lines N, M-O]`. */
export function parseShowings(path: string, source: string): Showing[] {
  const literal = /(['"`])((?:\\.|(?!\1)[^\\\n])*?\[lines? ([\d ,-]+)\](?:\\.|(?!\1)[^\\\n])*)\1/g;
  return [...source.matchAll(literal)].map(([, , title = '', numbers = '']) => ({
    path,
    title: title
      .replace(/\s*\[lines? [\d ,-]+\]\s*/, ' ')
      .replaceAll(/\\(.)/g, '$1')
      .trim(),
    lines: parseNumbers(numbers, path),
  }));
}

function parseNumbers(text: string, path: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    const known = behaviourLines.some(({ line }) => line === from) && behaviourLines.some(({ line }) => line === to);
    if (!known || to < from) throw new Error(`${path}: [line ${text}] names no line of the behaviour contract`);
    return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  });
}

/** Lines that core owns and that no test with real processes shows. */
export function findUnshown(showings: readonly Showing[]): BehaviourLine[] {
  const shown = new Set(showings.filter(isReal).flatMap(({ lines }) => lines));
  return behaviourLines.filter(({ line, owner }) => owner === 'core' && !shown.has(line));
}

function isReal({ path }: Showing): boolean {
  return realFolders.some((folder) => folder.test(path));
}

/** The page: each line, its promise, and the tests that show it. */
export function renderBehaviour(showings: readonly Showing[]): string {
  const chapters = [...new Set(behaviourLines.map(({ chapter }) => chapter))];
  return [
    '# Behaviour',
    '',
    'What pm promises, line by line, and the tests that show it with real processes. A test names the lines it shows in',
    'its title.',
    ...chapters.flatMap((chapter) => ['', `## ${chapter}`, ...renderChapter(chapter, showings)]),
    '',
  ].join('\n');
}

function renderChapter(chapter: string, showings: readonly Showing[]): string[] {
  return behaviourLines.filter((line) => line.chapter === chapter).flatMap((line) => renderLine(line, showings));
}

function renderLine({ line, promise, owner }: BehaviourLine, showings: readonly Showing[]): string[] {
  const tests = showings.filter(({ lines }) => lines.includes(line));
  const missing = owner === 'core' ? '- *not shown*' : `- *not yet: comes with the ${owner} plugin*`;
  const shown = tests.map((test) => `- [${test.title}](../../${test.path})${isReal(test) ? '' : ' (on fakes)'}`);
  return ['', `**${line}.** ${promise}`, '', ...(tests.length === 0 ? [missing] : shown)];
}

/** `node tools/behaviour.ts` fails while a line of core is unshown; with `--report` it only prints the list. */
export function checkBehaviour(args: readonly string[]): number {
  const unshown = findUnshown(findShowings());
  for (const { line, promise } of unshown) console.error(`not shown: line ${line}: ${promise}`);
  if (unshown.length === 0) console.log('every line of the behaviour contract that core owns is shown by a test');
  return args.includes('--report') ? 0 : Math.min(unshown.length, 1);
}

if (import.meta.main) process.exitCode = checkBehaviour(process.argv.slice(2));
