import { measureFootprint } from './measurements/footprint.ts';
import { measureFollowers } from './measurements/followers.ts';
import { measureGrowth } from './measurements/growth.ts';
import { measureLife } from './measurements/life.ts';
import { measureLogLoad } from './measurements/log-load.ts';
import { measureSlowReader } from './measurements/slow-reader.ts';
import { measureStatus } from './measurements/status.ts';
import { measureSubscribers } from './measurements/subscribers.ts';
import { measureThroughput } from './measurements/throughput.ts';
import type { PeerName } from './peers.ts';
import type { Row } from './row.ts';
import type { Workshop } from './workshop.ts';

export type Measurement = (workshop: Workshop) => Promise<Row[]>;

/** What is measured together. */
export interface Suite {
  /** Whom pm can be compared with here. */
  readonly peers: readonly PeerName[];
  /** What can be measured alone, by the name that asks for it. */
  readonly parts: Readonly<Record<string, Measurement>>;
}

/** All there is to measure. */
export const suites: Readonly<Record<string, Suite>> = {
  core: {
    peers: ['s6', 'runit', 'supervisord', 'pm2'],
    parts: {
      life: measureLife,
      footprint: measureFootprint,
      growth: measureGrowth,
      throughput: measureThroughput,
      'slow-reader': measureSlowReader,
    },
  },
  api: {
    peers: ['supervisord', 'pm2'],
    parts: {
      status: measureStatus,
      'log-load': measureLogLoad,
      subscribers: measureSubscribers,
      followers: measureFollowers,
    },
  },
};
