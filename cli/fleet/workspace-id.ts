import { existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readText } from '../../core/config/read-text.js';
import { writeDurably } from '../../core/runtime/durable-file.js';

const FILE_NAME = 'workspace-id';

/** What a workspace is known by on a bus: made once, and kept in it, whatever its path or host is later. */
export async function workspaceId(folder: string): Promise<string> {
  const path = join(folder, FILE_NAME);
  if (existsSync(path)) return (await readText(path)).trim();
  const id = randomUUID();
  await writeDurably(path, Buffer.from(`${id}\n`));
  return id;
}
