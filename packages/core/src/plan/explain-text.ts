import { formatStop } from './stop-budget.ts';
import { formatDuration } from './duration-text.ts';
import type { ExplainedStep, Explanation } from './explain.ts';

/** An explanation as text for a terminal, without colours. Ends with a line break. */
export function formatExplanation(explanation: Explanation): string {
  const { start, stop, idle, keys } = explanation;
  const sections = [
    toSection('Start order', toStepLines(start, toLabel(explanation))),
    toSection(
      'Not started at boot',
      idle.map(({ process, why }) => `${process}: ${why}`),
    ),
    toSection(
      'Stop order',
      toStepLines(stop, (name) => name),
    ),
    toSection('Longest stop', toStopLines(explanation)),
    toSection(
      'Set by',
      keys.map(({ path, value, source }) => `${path}${showValue(value)}  ← ${source}`),
    ),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function toSection(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The wave is shown where there is more than one. */
function toStepLines(steps: readonly ExplainedStep[], label: (name: string) => string): readonly string[] {
  const hasWaves = new Set(steps.map((step) => step.priority)).size > 1;
  const width = String(steps.length).length;
  return steps.map(({ priority, processes }, index) => {
    const wave = hasWaves ? `  (priority ${priority})` : '';
    return `${String(index + 1).padStart(width)}  ${processes.map(label).join(', ')}${wave}`;
  });
}

function toLabel({ processes }: Explanation): (name: string) => string {
  const known = new Map(processes.map((process) => [process.name, process]));
  return (name) => {
    const process = known.get(name);
    const count = process === undefined || process.scale === 1 ? '' : ` ×${process.scale}`;
    return `${name}${count}${process?.type === 'oneshot' ? ' (oneshot)' : ''}`;
  };
}

function toStopLines({ longestStop, shutdownTimeoutMs, gracePeriodSeconds }: Explanation): readonly string[] {
  const path = formatStop(longestStop);
  const budget = formatDuration(shutdownTimeoutMs);
  const fits =
    longestStop.totalMs <= shutdownTimeoutMs
      ? `fits into shutdown_timeout ${budget}`
      : `more than shutdown_timeout ${budget}: what is left then is killed`;
  return [
    `${path === '' ? '' : `${path} = `}${formatDuration(longestStop.totalMs)}, ${fits}`,
    `terminationGracePeriodSeconds / stop_grace_period: ${gracePeriodSeconds} s or more`,
  ];
}

const longestShown = 100;

function showValue(value: unknown): string {
  if (value === undefined) return '';
  const text = ` = ${JSON.stringify(value)}`;
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
