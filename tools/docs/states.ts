import {
  machine,
  states,
  triggers,
  type Cell,
  type State,
  type Trigger,
} from '../../packages/core/src/instance/machine.ts';
import { toUserState } from '../../packages/core/src/instance/view.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

const stateNames = Object.keys(states) as State[];
const triggerNames = Object.keys(triggers) as Trigger[];

/** The machine's table as a diagram and as tables: every arrow of the page is a cell of the code. */
export function renderStates(): string {
  return toPage(
    '# States of an instance',
    toGeneratedNote('packages/core/src/instance/machine.ts'),
    'An instance is in one of these states. What follows what is one table in the code, and this page prints it.',
    toTable(
      ['state', 'shown as', 'meaning'],
      stateNames.map((state) => [`\`${state}\``, toShown(state), states[state]]),
    ),
    '## Diagram',
    renderDiagram(),
    '## Triggers',
    toTable(
      ['trigger', 'meaning'],
      triggerNames.map((trigger) => [`\`${trigger}\``, triggers[trigger]]),
    ),
    '## Transitions',
    '`·` changes nothing, by design. An empty cell cannot happen: pm reports it as its own defect and stays in the state.',
    toTable(
      ['', ...stateNames],
      triggerNames.map((trigger) => [trigger, ...stateNames.map((s) => toMark(s, trigger))]),
    ),
  );
}

/** `running` is shown as READY once it is ready. */
function toShown(state: State): string {
  return [...new Set([toUserState(state, false), toUserState(state, true)])].join(', then ');
}

function toMark(state: State, trigger: Trigger): string {
  const cell: Cell = machine[state][trigger];
  if (cell === 'impossible') return '';
  return cell === 'ignore' ? '·' : cell;
}

function renderDiagram(): string {
  const arrows = stateNames.flatMap((from) => toArrows(from));
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> stopped', ...arrows, '```'].join('\n');
}

/** One arrow per pair of states, labelled with every trigger that takes it. */
function toArrows(from: State): string[] {
  const taken = triggerNames.filter((trigger) => isTransition(from, trigger));
  const targets = [...new Set(taken.map((trigger) => machine[from][trigger]))];
  return targets.map((to) => {
    const labels = taken.filter((trigger) => machine[from][trigger] === to);
    return `  ${from} --> ${to}: ${labels.join(', ')}`;
  });
}

function isTransition(from: State, trigger: Trigger): boolean {
  const cell: Cell = machine[from][trigger];
  return cell !== 'ignore' && cell !== 'impossible' && cell !== from;
}
