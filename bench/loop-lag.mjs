// Loaded into pm by `node --import`: leaves in BENCH_LAG how long its event loop was ever held up, in ms. The
// first second, the boot, does not count.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const path = process.env.BENCH_LAG;
if (path !== undefined) {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  setTimeout(() => histogram.reset(), 1000).unref();
  setInterval(() => writeFileSync(path, String(histogram.max / 1e6 - resolution)), 250).unref();
}
