import { z } from 'zod';

/** Largest token id that fits the wire of the gRPC face, uint32. */
const MOST_TOKEN_ID = 2 ** 32 - 1;

/** Token ids, [token]. Checked in one pass: an answer has thousands. */
export const tokenIds = z.custom<readonly number[]>(isTokenIds, {
  error: 'a list of token ids, whole numbers from 0',
});

const name = z.string().min(1);

const answer = z.strictObject({
  text: z
    .string()
    .meta({ description: 'What the rules read, and what a model reads that is given no token ids.' }),
  token_ids: tokenIds.exactOptional().meta({ description: 'As the policy sampled them.' }),
});

const item = z.strictObject({
  prompt: z.string().meta({ description: 'The question itself, without a chat template.' }),
  locale: name.exactOptional().meta({ description: "BCP-47; the reward's own where it is left out." }),
  category: name.exactOptional(),
  prompt_token_ids: tokenIds.exactOptional(),
  answers: z.array(answer),
});

const hashes = { rubric_hash: name, reward_model_hash: name };

/** The body of `POST /v1/score`. A key that is not in it is refused: it is usually a misspelt one. */
export const scoreRequest = z.strictObject({
  reward: z
    .union([z.strictObject({ alias: name }), z.strictObject(hashes)], {
      error: '{alias}, or {rubric_hash, reward_model_hash}',
    })
    .exactOptional()
    .meta({ description: 'Which reward; the one that `active` points to where it is left out.' }),
  items: z.array(item),
  deadline_ms: z.int().min(1).exactOptional().meta({ description: 'How long the client waits.' }),
});

const reason = z.string();

/** One answer's outcome. Only what is paid has a reward: scored answers, and malformed ones, which are paid the floor. */
export const scoredAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scored'), reward: z.number(), raw: z.number() }),
  z.object({ kind: z.literal('policy_malformed'), reward: z.number(), reason }),
  z.object({ kind: z.literal('abstained'), reason }),
  z.object({ kind: z.literal('judge_failed'), reason, retryable: z.boolean() }),
  z.object({ kind: z.literal('unparseable'), reason }),
]);

export type ScoredAnswer = z.output<typeof scoredAnswer>;

/** The reply of `POST /v1/score`: what was really used, and an outcome for each answer of each item. */
export const scoreReply = z.object({ ...hashes, outcomes: z.array(z.array(scoredAnswer)) });

function isTokenIds(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (const id of value) if (!Number.isInteger(id) || id < 0 || id > MOST_TOKEN_ID) return false;
  return true;
}
