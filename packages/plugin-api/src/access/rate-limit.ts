/** Says whether one more request of a peer may pass; else the seconds until one may. */
export type RateLimit = (peer: string, now: number) => number | undefined;

export interface RateSettings {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Peers that are remembered: more at once only make the oldest forget what they had used. */
const mostPeers = 10_000;

/** A token bucket for each peer. `now` is milliseconds of a clock that never goes back. No timer, bounded memory. */
export function createRateLimit({ perSecond, burst }: RateSettings): RateLimit {
  const buckets = new Map<string, Bucket>();
  return (peer, now) => {
    const key = toKey(peer);
    const bucket = buckets.get(key) ?? { tokens: burst, filledAt: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * perSecond) / 1000);
    bucket.filledAt = now;
    // Again at the end: the order of a Map is that of the last use.
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > mostPeers) buckets.delete(buckets.keys().next().value ?? '');
    if (bucket.tokens < 1) return (1 - bucket.tokens) / perSecond;
    bucket.tokens -= 1;
    return undefined;
  };
}

/** One customer has a whole /64 of IPv6: each of its addresses with a bucket of its own would be no limit. */
function toKey(peer: string): string {
  if (!peer.includes(':')) return peer;
  const [head = '', tail] = peer.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')].slice(0, 4).join(':');
}
