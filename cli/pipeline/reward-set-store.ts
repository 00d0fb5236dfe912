import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import { MajlisError } from '../../core/errors.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import type { RewardMember } from '../../reward/scorer/reward-model-scorer.js';

const storedSetSchema = z.strictObject({
  format: z.literal('majlis-reward-set/1'),
  members: z
    .array(z.strictObject({ locale: z.string(), rubricHash: z.string(), rewardModelHash: z.string() }))
    .min(2),
});

/** Which reward models a run was paid by together, by the hash of the set: the ledger names that alone. */
export class RewardSetStore {
  constructor(private readonly directory: string) {}

  async save(hash: string, members: readonly RewardMember[]): Promise<void> {
    const path = this.pathOf(hash);
    if (existsSync(path)) return;
    const stored: z.infer<typeof storedSetSchema> = { format: 'majlis-reward-set/1', members: [...members] };
    await makeFolderDurably(this.directory);
    await writeDurably(path, Buffer.from(canonicalJson(stored)));
  }

  /** One that is not there is `data_loss`: it was saved before anything was paid by it. */
  async find(hash: string): Promise<readonly RewardMember[]> {
    const members = await this.load(hash);
    if (members !== undefined) return members;
    const message = `the set of reward models ${hash}, which the run was paid by, is not in its folder any more`;
    throw new MajlisError(message, { code: 'data_loss' });
  }

  /** Undefined where the hash is none of a set. */
  async load(hash: string): Promise<readonly RewardMember[] | undefined> {
    const source = this.pathOf(hash);
    if (!existsSync(source)) return undefined;
    return parseJson(await readFile(source, 'utf8'), storedSetSchema, { source }).members;
  }

  private pathOf(hash: string): string {
    return join(this.directory, `${hash}.json`);
  }
}
