/** What a command acts on: names of processes, instances (`queue-2`), bundles, `vpn@eu` of a template, `label=KEY=VALUE`. */
export type Target = string | readonly string[];
