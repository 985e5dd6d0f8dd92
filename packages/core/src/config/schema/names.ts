const processName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const longestName = 128;

/** Why a text cannot name a process (or bundle), with a hint on the second line; undefined when it can. */
export function refuseName(name: string): string | undefined {
  if (name.length > longestName) return `the name "${name.slice(0, 20)}…" is longer than ${longestName} characters`;
  if (processName.test(name)) return undefined;
  return `${JSON.stringify(name)} is not a name\nA name starts with a letter or digit and goes on with letters, digits, "_", "." and "-".`;
}

/** Why a text cannot name a template: like a process, and with "@" at its end. */
export function refuseTemplateName(name: string): string | undefined {
  if (name.endsWith('@')) return refuseName(name.slice(0, -1));
  return `the template name ${JSON.stringify(name)} does not end with "@"\nA template openvpn@ is started as openvpn@NAME.`;
}
