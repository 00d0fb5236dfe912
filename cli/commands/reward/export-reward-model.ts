import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { saveLightReward } from '../../../reward/model/light/light-artifact.js';
import { RewardSetStore } from '../../pipeline/reward-set-store.js';
import { readRewardDescription } from '../../pipeline/reward-store.js';
import { readRunRecord } from '../../pipeline/run-record.js';
import { withRun } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { openLightReward } from './open-light-reward.js';

export interface ExportRewardRequest {
  readonly workspace: string;
  readonly run: string;
  readonly out: string;
  /** The last unless told. */
  readonly iteration?: number;
  /** Whose, where the run is paid by one in each of several locales. */
  readonly locale?: string;
}

/** Copies the light reward model that paid an iteration of a run to a folder of its own, as `majlis reward train` would write it. */
export async function exportRewardModel(request: ExportRewardRequest, clock: Clock): Promise<CommandResult> {
  const { workspace, run, out } = request;
  const iterations = await withRun(request, clock, (ledger, { id }) => ledger.iterations(id));
  const paying = payingRecord(iterations, request);
  const record = await readRunRecord(workspace, run);
  const rewards = join(record?.directory ?? join(workspace, 'runs', run), 'rewards');
  const hash = await hashOfMember(rewards, paying.rewardModelHash, request.locale);
  const folder = await folderOf(rewards, hash);
  if (folder === undefined) {
    throw new MajlisError(`reward model ${hash} is not in the folder of run ${run} any more`, {
      code: 'data_loss',
    });
  }
  const reward = await openLightReward(folder);
  await saveLightReward(out, reward);
  const paid = iterations
    .filter((each) => each.rewardModelHash === paying.rewardModelHash)
    .map(({ iteration }) => iteration);
  const { id, hash: rubricHash } = reward.rubric;
  const text = `reward model ${reward.hash.slice(0, 12)} of rubric ${id}, which paid iterations ${paid.join(', ')}, written to ${out}`;
  return {
    json: { run, directory: out, hash: reward.hash, rubric: id, rubricHash, iterations: paid },
    text,
  };
}

function payingRecord(
  iterations: readonly IterationRecord[],
  { run, iteration }: ExportRewardRequest,
): IterationRecord {
  const wanted = iteration ?? iterations.at(-1)?.iteration;
  const found = iterations.find((each) => each.iteration === wanted);
  if (found !== undefined) return found;
  const [first, last] = [iterations.at(0)?.iteration, iterations.at(-1)?.iteration];
  const has = first === undefined ? 'has finished none yet' : `has those from ${first} to ${last}`;
  throw new MajlisError(`run ${run} has no iteration ${wanted ?? 'to export from'}: it ${has}`, {
    code: 'not_found',
  });
}

/** The reward model itself, or the one of a set that is its locale's. */
async function hashOfMember(rewards: string, hash: string, locale: string | undefined): Promise<string> {
  const members = await new RewardSetStore(join(rewards, 'sets')).load(hash);
  if (members === undefined) return hash;
  const found = members.find((member) => member.locale === locale);
  if (found !== undefined) return found.rewardModelHash;
  throw new BadInputError({
    source: '--locale',
    found: locale ?? 'nothing, in a run on several locales',
    allowed: members.map((member) => member.locale).join(', '),
  });
}

/** Undefined where no folder holds the model. */
async function folderOf(rewards: string, rewardModelHash: string): Promise<string | undefined> {
  if (!existsSync(rewards)) return undefined;
  for (const name of (await readdir(rewards)).sort()) {
    const folder = join(rewards, name);
    if ((await readRewardDescription(folder))?.rewardModelHash === rewardModelHash) return folder;
  }
  return undefined;
}
