import type { Plan, PluginScope } from '@pm-supervisor/core';

/** Refuses to scale what says `scale_locked: true`: two of them would fight for a port. */
export function lockScales(
  { hooks, snapshot }: Pick<PluginScope, 'hooks' | 'snapshot'>,
  plan: () => Plan | undefined,
): void {
  hooks.command.received.tap((command) => {
    if (command.type !== 'scale') return undefined;
    const spec = plan()?.processes.get(command.process);
    if (spec?.sections.scale_locked !== true) return undefined;
    const now = snapshot().processes.find(({ name }) => name === command.process)?.scale;
    if (now === command.to) return undefined;
    return {
      message: `cannot scale "${command.process}": it is locked`,
      hint: `Remove processes.${command.process}.scale_locked if it can have several instances.`,
    };
  });
}
