const doors = ['exit', 'reallyExit', 'abort'] as const;

type Doors = Record<(typeof doors)[number], (...args: unknown[]) => unknown>;

/**
 * Closes the ways to end this process to plugins: everything it supervises would end with it. `currentPlugin` names
 * the plugin whose code is running; core itself passes. Returns the way to open them again.
 */
export function guardExit(currentPlugin: () => string | undefined): () => void {
  const target = process as unknown as Doors;
  const originals = doors.map((door) => [door, target[door]] as const);
  for (const [door, original] of originals) {
    target[door] = (...args) => {
      if (currentPlugin() === undefined) return original.apply(process, args);
      throw new Error(`process.${door} would end everything that is supervised: dispatch { type: 'shutdown' } instead`);
    };
  }
  return () => originals.forEach(([door, original]) => (target[door] = original));
}
