/** Where the plan's word is another than the configuration's. */
const others: Readonly<Record<string, string>> = {
  os: 'user or limits',
  credentials: 'user',
  readiness: 'ready',
  startTimeoutMs: 'process_start_timeout',
  sections: 'keys of plugins',
};

/** A key of a spec as it is written in a configuration: `waitAfterMs` is `wait_after`. */
export function toConfigKey(key: string): string {
  return others[key] ?? key.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
