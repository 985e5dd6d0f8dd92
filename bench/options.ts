import { parseArgs } from 'node:util';
import type { PeerName } from './peers.ts';
import { type Measurement, type Suite, suites } from './suites.ts';

export interface Options {
  /** In the order in which they are made. */
  readonly measurements: readonly Measurement[];
  readonly peers: readonly PeerName[];
  readonly quick: boolean;
  readonly json: boolean;
  /** The built `pm.js` to measure; undefined: build this repository's. */
  readonly pm: string | undefined;
}

export const usage = `Usage: npm run bench -- SUITE [options]

Suites, and the parts of each:
${Object.entries(suites)
  .map(([name, { parts }]) => `  ${name.padEnd(15)} ${Object.keys(parts).join(', ')}`)
  .join('\n')}

  --quick         fewer runs, less of everything: each suite in about two minutes
  --json          every figure with all its runs, instead of the table
  --part NAME     only this part; may be repeated
  --peers LIST    separated by commas, or "none"; default: all that the suite knows
                  (${Object.entries(suites)
                    .map(([name, { peers }]) => `${name}: ${peers.join(',')}`)
                    .join('; ')})
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
      part: { type: 'string', multiple: true },
      peers: { type: 'string' },
      pm: { type: 'string' },
    },
  });
  const suite = positionals.length === 1 ? suites[positionals[0] ?? ''] : undefined;
  const measurements = suite && findParts(suite, values.part);
  const peers = suite && findPeers(suite, values.peers);
  if (measurements === undefined || peers === undefined) return undefined;
  return { measurements, peers, quick: values.quick, json: values.json, pm: values.pm };
}

/** Undefined where a name is none. */
function findParts({ parts }: Suite, names: readonly string[] = Object.keys(parts)): Measurement[] | undefined {
  const found = names.flatMap((name) => parts[name] ?? []);
  return found.length === names.length ? found : undefined;
}

/** Undefined where a name is none. */
function findPeers({ peers }: Suite, list: string = peers.join(',')): PeerName[] | undefined {
  const names = list === 'none' ? [] : list.split(',');
  const found = names.flatMap((name) => peers.find((known) => known === name) ?? []);
  return found.length === names.length ? found : undefined;
}
