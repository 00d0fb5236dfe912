import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';
import { ACTIVE } from '../serving/served-rewards.js';
import type { RewardName } from '../serving/served-rewards.js';
import type { AddressedTo } from './http-contract.js';

const MOST_DIGITS = 9;
const DEADLINE = new RegExp(`^[1-9]\\d{0,${MOST_DIGITS - 1}}$`);

const query = z.strictObject({
  reward: z.string().min(1).exactOptional(),
  rubric_hash: z.string().min(1).exactOptional(),
  reward_model_hash: z.string().min(1).exactOptional(),
  locale: z.string().min(1).exactOptional(),
  label: z.literal('locale').exactOptional(),
  deadline_ms: z
    .string()
    .regex(DEADLINE, `milliseconds, a whole number from 1 of at most ${MOST_DIGITS} digits`)
    .transform(Number)
    .exactOptional(),
});

const DESCRIPTIONS: Readonly<Record<keyof z.output<typeof query>, string>> = {
  reward: 'An alias; `active` unless told.',
  rubric_hash: 'With reward_model_hash, instead of an alias.',
  reward_model_hash: 'With rubric_hash, instead of an alias.',
  locale: 'BCP-47, of samples that name none.',
  label: '`locale` where the label of a sample is its locale.',
  deadline_ms: 'How long the client waits.',
};

/** The query's parameters as OpenAPI has them. */
export const TARGET_PARAMETERS: readonly object[] = Object.entries(DESCRIPTIONS).map(
  ([name, description]) => ({
    ...{ name, in: 'query', description },
    schema: name === 'deadline_ms' ? { type: 'integer', minimum: 1 } : { type: 'string' },
  }),
);

/** What the address of a request says. */
export interface RequestTarget extends AddressedTo {
  readonly reward: RewardName;
  readonly deadlineMs?: number;
}

const PLAIN: RequestTarget = { reward: { alias: ACTIVE }, labelsAreLocales: false };

/**
 * Reads the query of an address: `reward` (an alias), or `rubric_hash` with `reward_model_hash`; `locale`; `label=locale`;
 * `deadline_ms`. Trainers whose requests have no room for these can be given an address that has. Anything else is a
 * BadInputError.
 */
export function readTarget(asked: unknown, source: string): RequestTarget {
  if (typeof asked === 'object' && asked !== null && Object.keys(asked).length === 0) return PLAIN;
  const found = parseInput(query, asked, { source, place: 'query' });
  return {
    reward: nameOf(found, source),
    labelsAreLocales: found.label === 'locale',
    ...(found.locale === undefined ? {} : { locale: found.locale }),
    ...(found.deadline_ms === undefined ? {} : { deadlineMs: found.deadline_ms }),
  };
}

function nameOf(found: z.output<typeof query>, source: string): RewardName {
  const { reward: alias, rubric_hash: rubricHash, reward_model_hash: rewardModelHash } = found;
  if (rubricHash === undefined && rewardModelHash === undefined) return { alias: alias ?? ACTIVE };
  if (rubricHash !== undefined && rewardModelHash !== undefined && alias === undefined) {
    return { rubricHash, rewardModelHash };
  }
  throw new BadInputError({
    source,
    place: 'query',
    found: Object.keys(found).join(', '),
    allowed: 'reward, or rubric_hash and reward_model_hash together',
  });
}
