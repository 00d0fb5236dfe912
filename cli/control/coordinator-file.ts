import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import { MajlisError } from '../../core/errors.js';
import { writeDurably } from '../../core/runtime/durable-file.js';

/**
 * Where terminals find the process that owns a workspace's ledger. The file is there while that process serves, and is
 * left behind when it is killed: whoever reads it asks the process before believing it. The token in it is the right to
 * steer runs, so the file is the owner's alone.
 */
const FILE_NAME = 'coordinator.json';
const OWNER_ONLY = 0o600;

const coordinatorSchema = z.strictObject({
  /** host:port */
  address: z.string().min(1),
  pid: z.int().min(1),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  token: z.string().min(1),
});

export type CoordinatorAddress = z.infer<typeof coordinatorSchema>;

/** Its path. */
export function coordinatorFile(workspace: string): string {
  return join(workspace, FILE_NAME);
}

/** Writes it, over one that was left behind. */
export async function writeCoordinatorFile(workspace: string, content: CoordinatorAddress): Promise<void> {
  const text = `${JSON.stringify(content, undefined, 2)}\n`;
  await writeDurably(coordinatorFile(workspace), Buffer.from(text), OWNER_ONLY);
}

/** What it says; undefined where there is none. A damaged one is a BadInputError, one of another user `permission_denied`. */
export async function readCoordinatorFile(workspace: string): Promise<CoordinatorAddress | undefined> {
  const source = coordinatorFile(workspace);
  let text: string;
  try {
    text = await readFile(source, 'utf8');
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new MajlisError(`${source} cannot be read (${code}); only who started the run may steer it`, {
      code: 'permission_denied',
      cause: thrown,
    });
  }
  return parseJson(text, coordinatorSchema, { source });
}

/** Removes it, unless another process has written its own since. */
export async function removeCoordinatorFile(workspace: string, token: string): Promise<void> {
  const present = await readCoordinatorFile(workspace);
  if (present?.token === token) await rm(coordinatorFile(workspace), { force: true });
}

/** Whether a process of that id is there. It may be another one than the file means. */
export function isProcessThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM';
  }
}

/** By shape: the error may be of another realm than this module. */
function codeOf(thrown: unknown): string {
  const hasCode = typeof thrown === 'object' && thrown !== null && 'code' in thrown;
  return hasCode ? String(thrown.code) : String(thrown);
}
