import { createClient } from '@pm-supervisor/client';
import { watchEtcd } from './etcd-source.ts';
import { watchFile } from './file-source.ts';
import { reconcile } from './reconcile.ts';
import { toWanted } from './wanted.ts';

const { PM_SOCKET = '', NODE_ID = '', KEYS_FILE = '', ETCD_URL = '' } = process.env;

const end = new AbortController();
process.once('SIGTERM', () => end.abort());

const options = { signal: end.signal, tell: (message: string): void => console.error(message) };
const source =
  ETCD_URL === ''
    ? watchFile(KEYS_FILE, options)
    : watchEtcd({ ...options, url: ETCD_URL, prefix: `/nodes/${NODE_ID}/` });

// region loop
const pm = createClient({ socket: PM_SOCKET });
let told: readonly string[] = [];
try {
  for await (const keys of source) {
    const wanted = toWanted(NODE_ID, keys);
    for (const refusal of wanted.refused.filter((each) => !told.includes(each))) console.error(`ignored ${refusal}`);
    told = wanted.refused;
    await reconcile(pm, wanted);
    console.log(`wanted: ${[...wanted.up, ...Object.keys(wanted.instances)].join(' ') || 'nothing'}`);
  }
} catch (error) {
  // Anything else ends the watcher: pm starts it again, and it begins with what the keys say then.
  if (!end.signal.aborted) throw error;
}
// endregion
