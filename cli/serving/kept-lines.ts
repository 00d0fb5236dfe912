import { ACTIVE } from '../../reward/serving/served-rewards.js';
import type { KeptReward } from './rewards-keeper.js';

const SHORT_HASH = 12;

/** What is served, a line for each reward; and one more where a trainer that names no reward would get none. */
export function keptLines(kept: readonly KeptReward[]): readonly string[] {
  const lines = kept.map(describe);
  const aliases = kept.map(({ alias }) => alias);
  if (aliases.includes(ACTIVE)) return lines;
  const named = aliases.join(', ');
  return [
    ...lines,
    `no reward is called ${ACTIVE}, which trainers ask for unless told; they have to name ${named}`,
  ];
}

function describe(kept: KeptReward): string {
  const { alias, form, rubricId, rubricHash, rewardModelHash, unasked, trainers } = kept;
  const short = (hash: string): string => hash.slice(0, SHORT_HASH);
  const model = {
    rules: 'its rules alone',
    light: `light model ${short(rewardModelHash)}`,
    network: `network ${short(rewardModelHash)}`,
    several: `a model for each locale, together ${short(rewardModelHash)}`,
  }[form];
  const left =
    unasked.length === 0 ? '' : `; not ${unasked.join(', ')}, which no rule says and nobody is asked`;
  const places = [...new Set(trainers.flatMap((trainer) => trainer?.address ?? []))];
  const at = places.length === 0 ? '' : ` in the trainer at ${places.join(', ')}`;
  return `${alias} is rubric ${rubricId} (${short(rubricHash)}), ${model}${at}${left}`;
}
