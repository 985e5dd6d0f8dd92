import type { Plan, SectionValues, ProcessSections, EventPayloads } from '@pm-supervisor/core';
import { createTestSupervisor } from '@pm-supervisor/core/testing';
import { heartbeat, type HeartbeatSpec } from 'pm-plugin-heartbeat';

/** The plugin's types are merged into those of pm, seen from outside. */
export function readSection(plan: Plan): HeartbeatSpec | undefined {
  const sections: SectionValues<ProcessSections> | undefined = plan.processes.get('web')?.sections;
  return sections?.heartbeat;
}

export const missed: EventPayloads['heartbeat.missed'] = { process: 'web', instance: 'web-1', message: 'gone' };

export async function testIt(): Promise<number> {
  const pm = await createTestSupervisor({ config: { processes: {} }, plugins: { heartbeat } });
  return pm.stop();
}
