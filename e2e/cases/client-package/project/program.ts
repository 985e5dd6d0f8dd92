import { ApiError, createClient, type ProcessStatus } from '@pm-supervisor/client';

const pm = createClient({ socket: process.env.PM_SOCKET });
const web: ProcessStatus = await pm.process('web');
const { changed } = await pm.put('nap', { command: ['sleep', '600'] });
const { caller } = await pm.call('GET /api/v1/whoami', {});
// @ts-expect-error: there is no such route.
const misspelt: Promise<unknown> = pm.call('GET /api/v1/whoamii', {});
const refused = await misspelt.catch((error: unknown) => error instanceof ApiError && error.status);
console.log(JSON.stringify([web.state, changed, caller, refused]));
