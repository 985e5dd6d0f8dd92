const csi = '\u001B[';

/**
 * Lines that take the place of those shown before, from the top of the screen: each ends its own line, the last clears
 * what is below. Nothing flickers, and what was scrolled away stays. More lines than fit are counted instead. Pure.
 */
export function inPlace(lines: readonly string[], rows: number): string {
  // The cursor goes to a line of its own.
  const most = Math.max(1, rows - 1);
  const left = lines.length - most + 1;
  const shown = lines.length <= most ? lines : [...lines.slice(0, most - 1), `… ${left} more lines`];
  return `${csi}H${shown.map((line) => `${line}${csi}K`).join('\n')}${csi}J`;
}
