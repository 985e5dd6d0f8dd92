/** Seconds as people read them: `4s`, `3m12s`, `3h12m`, `5d4h`. Rounded down, two units at most. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes, rest] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (days > 0) return `${days}d${hours === 0 ? '' : `${hours}h`}`;
  if (hours > 0) return `${hours}h${minutes === 0 ? '' : `${minutes}m`}`;
  if (minutes > 0) return `${minutes}m${rest === 0 ? '' : `${rest}s`}`;
  return `${rest}s`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes as people read them: `512 B`, `45.1 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

/** 100 is one CPU. */
export function formatPercent(percent: number): string {
  return `${percent >= 100 ? Math.round(percent) : percent.toFixed(1)}%`;
}
