import { parseArgs } from 'node:util';

/** What can be measured alone. */
export const parts = ['life', 'footprint', 'growth', 'throughput', 'slow-reader'] as const;
export type Part = (typeof parts)[number];

/** Whom pm is compared with. */
export const peerNames = ['s6', 'runit', 'supervisord', 'pm2'] as const;
export type PeerName = (typeof peerNames)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly peers: readonly PeerName[];
  readonly quick: boolean;
  readonly json: boolean;
  /** The built `pm.js` to measure; undefined: build this repository's. */
  readonly pm: string | undefined;
}

export const usage = `Usage: npm run bench -- core [options]

  --quick         fewer runs, an eighth of the log, peers' memory left out: under two minutes
  --json          every figure with all its runs, instead of the table
  --part NAME     only this; may be repeated: ${parts.join(', ')}
  --peers LIST    separated by commas, or "none"; default ${peerNames.join(',')}
  --pm PATH       measure this pm.js instead of building this repository's

Exits 0 when every budget is kept, else 1.`;

/** Undefined for a command line that is none. */
export function parseOptions(args: readonly string[]): Options | undefined {
  try {
    return toOptions(args);
  } catch {
    return undefined;
  }
}

function toOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      part: { type: 'string', multiple: true, default: [...parts] },
      peers: { type: 'string', default: peerNames.join(',') },
      pm: { type: 'string' },
    },
  });
  const peers = values.peers === 'none' ? [] : values.peers.split(',');
  if (positionals.join() !== 'core' || !isListOf(parts, values.part) || !isListOf(peerNames, peers)) return undefined;
  return { parts: values.part, peers, quick: values.quick, json: values.json, pm: values.pm };
}

function isListOf<T extends string>(known: readonly T[], list: readonly string[]): list is T[] {
  return list.every((name) => (known as readonly string[]).includes(name));
}
