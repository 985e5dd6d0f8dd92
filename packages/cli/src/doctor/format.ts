const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `536870912` is `512 MiB`; undefined is `no limit`. */
export function formatSize(bytes: number | undefined): string {
  if (bytes === undefined) return 'no limit';
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const amount = bytes / 1024 ** power;
  return `${amount >= 10 || Number.isInteger(amount) ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

/** `1.5` stays, `2` is `2`, `0.25` stays. */
export function formatCount(count: number | undefined): string {
  return count === undefined ? 'no limit' : String(Math.round(count * 100) / 100);
}
