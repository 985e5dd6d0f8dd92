/** Linux capabilities by bit, from `linux/capability.h`. */
const names = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const;

export type Capability = (typeof names)[number];

/** Names the bits of a mask as `/proc/PID/status` writes it (`CapEff: 00000000a80425fb`). */
export function parseCapabilities(mask: string): readonly Capability[] {
  const bits = BigInt(`0x${mask}`);
  return names.filter((_, bit) => (bits >> BigInt(bit)) & 1n);
}

/** `all`, `all but sys_resource`, or the names: whichever is short. */
export function describeCapabilities(held: readonly Capability[]): string {
  const missing = names.filter((name) => !held.includes(name));
  if (missing.length === 0) return 'all';
  if (missing.length < 6) return `all but ${missing.join(' ')}`;
  return held.length === 0 ? 'none' : held.join(' ');
}
