/** A place in a configuration source. Lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error refuses the configuration; a warning is said, and refuses it only under `--strict`. */
export type Severity = 'error' | 'warning';

/** One problem of a configuration: what, where, and what to do. */
export interface Diagnostic {
  readonly severity: Severity;
  /** The key it is about, as written in docs: `processes.queue.user`. Empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: Position;
  /** Where it came from when that has no lines: `PM_GLOBAL_LOG_LEVEL`, `plugin laravel`, `pm.config.ts`. */
  readonly source?: string;
  /** The source line with a caret under the place, ready to print. */
  readonly frame?: string;
}

/** Adds the source line and a caret to every diagnostic that has a position in a text that is known. */
export function addFrames(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>): Diagnostic[] {
  const lines = new Map<string, readonly string[]>();
  return diagnostics.map((diagnostic) => {
    const { position } = diagnostic;
    const text = position === undefined ? undefined : texts.get(position.file);
    if (position === undefined || text === undefined) return diagnostic;
    const own = lines.get(position.file) ?? text.split('\n');
    lines.set(position.file, own);
    const frame = renderFrame(own, position);
    return frame === undefined ? diagnostic : { ...diagnostic, frame };
  });
}

const mostDiagnostics = 100;

/** The first hundred, and how many more there are: nobody reads them, and a hostile file has a million. */
export function limitDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const rest = diagnostics.length - mostDiagnostics;
  if (rest <= 0) return diagnostics;
  return [
    ...diagnostics.slice(0, mostDiagnostics),
    { severity: 'error', path: '', message: `and ${rest} more problems` },
  ];
}

const widestLine = 160;

/**
 * The line of a position with a caret below, and up to two lines before it:
 *
 *     13 |   queue:
 *     14 |     scael: 4
 *        |     ^
 *
 * Undefined when the text has no such line. A long line is cut around the place.
 */
export function renderFrame(
  lines: readonly string[],
  { line, column }: Pick<Position, 'line' | 'column'>,
): string | undefined {
  if (line < 1 || lines.length < line) return undefined;
  const from = Math.max(0, column - widestLine / 2);
  const width = String(line).length;
  const shown = lines.slice(Math.max(0, line - 3), line).map((content, index, all) => {
    const label = String(line - all.length + index + 1).padStart(width);
    const visible = content.replaceAll('\t', ' ').slice(from, from + widestLine);
    return `${label} | ${toPrintable(visible)}`.trimEnd();
  });
  return [...shown, `${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - from))}^`].join('\n');
}

/** What a part of a printed diagnostic is, for a caller that colours. */
export type DiagnosticPart = 'place' | Severity | 'path' | 'hint' | 'frame';

/** Gives a part its colours, or returns it as it is. */
export type Paint = (part: DiagnosticPart, text: string) => string;

/**
 * Diagnostics as text, ordered by place:
 *
 *     pm.yaml:14:5 error processes.queue.scael: unknown key "scael"
 *       14 |     scael: 4
 *          |     ^
 *       Did you mean "scale"?
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], paint: Paint = (_, text) => text): string {
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => formatDiagnostic(diagnostic, paint))
    .join('\n\n');
}

/** Each in one line, without its frame, ordered by place: for a log. */
export function toDiagnosticLines(diagnostics: readonly Diagnostic[]): readonly string[] {
  return sortDiagnostics(diagnostics).map(({ frame: _, hint, message, ...where }) => {
    const said = hint === undefined ? message : `${message}. ${hint}`;
    return formatDiagnostic({ ...where, message: said }, (_part, text) => text).replace(/\s*\n\s*/g, ' ');
  });
}

function formatDiagnostic(
  { severity, path, message, hint, position, source, frame }: Diagnostic,
  paint: Paint,
): string {
  const place = position === undefined ? source : `${position.file}:${position.line}:${position.column}`;
  const head = [
    ...(place === undefined ? [] : [paint('place', toPrintable(place))]),
    paint(severity, severity),
    path === '' ? toPrintable(message) : `${paint('path', toPrintable(path))}: ${toPrintable(message)}`,
  ].join(' ');
  const below = [
    ...(frame === undefined ? [] : [paint('frame', frame)]),
    ...(hint === undefined ? [] : [paint('hint', toPrintable(hint))]),
  ];
  return [head, ...below.map((text) => text.replace(/^/gm, '  '))].join('\n');
}

/** By file, line and column; what has no place comes last. The order of equals is kept. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted((a, b) => {
    const [left, right] = [a.position, b.position];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return compareText(left.file, right.file) || left.line - right.line || left.column - right.column;
  });
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What a file says is shown on a terminal: no control character of it, and nothing that turns the direction of text, may reach one. */
function toPrintable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '\ufffd');
}
