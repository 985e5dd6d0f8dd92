/** Names with those first that others depend on; a circle keeps its order, for the supervisor to name. Pure. */
export function orderByNeeds(processes: Readonly<Record<string, unknown>>): string[] {
  const ordered = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (ordered.has(name) || open.has(name)) return;
    open.add(name);
    for (const needed of listNeeds(processes[name])) if (Object.hasOwn(processes, needed)) visit(needed);
    open.delete(name);
    ordered.add(name);
  };
  for (const name of Object.keys(processes)) visit(name);
  return [...ordered];
}

/** `depends_on` may be a name, a list or a map. */
function listNeeds(declaration: unknown): string[] {
  const needs = (declaration as { readonly depends_on?: unknown } | null)?.depends_on;
  if (typeof needs === 'string') return [needs];
  if (Array.isArray(needs)) return needs.filter((need) => typeof need === 'string');
  return typeof needs === 'object' && needs !== null ? Object.keys(needs) : [];
}
