import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { accountName, natsAccounts } from '../../../core/bus/nats/nats-accounts.js';
import { newUserKey, readUserKey, type UserKey } from '../../../core/bus/nats/nkey.js';
import {
  coordinatorSubjects,
  workerSubjects,
  type PermittedSubjects,
} from '../../../core/bus/nats/permitted-subjects.js';
import { readText } from '../../../core/config/read-text.js';
import { BadInputError } from '../../../core/errors.js';
import { makeFolderDurably, writeDurably } from '../../../core/runtime/durable-file.js';
import type { CommandResult } from '../session.js';

export interface AccountsRequest {
  readonly release: string;
  readonly pools: readonly string[];
  /** Folder of the users' seeds. */
  readonly keys: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
const OWNER_ONLY = 0o600;

/**
 * The account of a release as lines for a nats-server. Seeds that are in the folder already stay, so that a pool can be
 * added, or one user's seed be removed and thereby made anew, without the others noticing.
 */
export async function makeAccounts({ release, pools, keys }: AccountsRequest): Promise<CommandResult> {
  requireName(release, '--release');
  for (const pool of pools) requireName(pool, '--pools');
  const roles: { readonly name: string; readonly subjects: PermittedSubjects }[] = [
    { name: 'coordinator', subjects: coordinatorSubjects(release) },
    ...[...new Set(pools)].map((pool) => ({
      name: `worker-${pool}`,
      subjects: workerSubjects(release, pool),
    })),
  ];
  await makeFolderDurably(keys);
  const users = [];
  for (const { name, subjects } of roles) {
    const keyFile = join(keys, `${name}.nk`);
    const { publicKey } = await ensureKey(keyFile);
    users.push({ name, publicKey, keyFile, ...subjects });
  }
  const config = natsAccounts(release, users);
  const account = accountName(release);
  return {
    json: {
      account,
      config,
      users: users.map(({ name, publicKey, keyFile, inboxPrefix }) => {
        return { name, publicKey, keyFile, inboxPrefix };
      }),
    },
    text: [
      `# Account ${account}. Each user's secret key is in ${keys}, readable by you alone: --bus-creds takes it.`,
      config,
    ].join('\n'),
  };
}

async function ensureKey(path: string): Promise<UserKey> {
  if (existsSync(path)) return readUserKey(await readText(path), path);
  const key = newUserKey();
  await writeDurably(path, Buffer.from(`${key.seed}\n`), OWNER_ONLY);
  return key;
}

function requireName(name: string, source: string): void {
  if (NAME.test(name)) return;
  const allowed = 'up to 32 letters, digits and dashes, beginning with a letter or digit';
  throw new BadInputError({ source, found: JSON.stringify(name), allowed });
}
