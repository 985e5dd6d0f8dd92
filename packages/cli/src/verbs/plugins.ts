import type { PluginStatus } from '@pm-supervisor/client';
import { createControlVerb } from '../control/verb.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Paint } from '../paint.ts';
import { formatTable, type Column } from '../render/table.ts';
import type { Verb } from '../verbs.ts';

/** `pm plugins`: those in force, what they tap, provide and own. Exit 1 when one is muted. */
export const plugins: Verb = createControlVerb({
  declare: (command) => command,
  examples: {
    'pm plugins': 'what is active, from where, and what it does',
    'pm plugins --json': 'with taps, stages and times',
  },
  run: async ({ client, context, json, paint }) => {
    const list = await client.plugins();
    const text = json ? JSON.stringify(list, undefined, 2) : formatTable(toColumns(paint), list).join('\n');
    context.stdout.write(!json && list.length === 0 ? 'no plugins\n' : `${text}\n`);
    return list.some(({ muted }) => muted) ? exitCodes.failed : exitCodes.ok;
  },
});

function toColumns(paint: Paint): Column<PluginStatus>[] {
  return [
    { title: 'PLUGIN', value: ({ name }) => name },
    {
      title: 'STATE',
      value: ({ muted }) => (muted ? 'muted' : 'active'),
      paint: (text, { muted }) => paint(muted ? 'red' : 'green', text),
    },
    { title: 'FAILURES', value: ({ failures }) => String(failures), align: 'right' },
    { title: 'FROM', value: ({ from }) => from },
    {
      title: 'BECAUSE',
      value: toCause,
    },
    { title: 'TAPS', value: ({ taps }) => [...new Set(taps.map(({ hook }) => hook))].join(', ') },
  ];
}

function toCause({ reason, keys }: PluginStatus): string {
  switch (reason) {
    case 'owned-key':
      return `${keys.join(', ')} appears`;
    case 'always':
      return 'always on';
    default:
      return 'named in the configuration';
  }
}
