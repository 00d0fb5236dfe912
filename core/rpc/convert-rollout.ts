import { z } from 'zod';
import { FinishReason as WireFinishReason } from '../../proto/gen/majlis/v1/messages.js';
import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import type { Prompt } from '../domain/prompt.js';
import type { FinishReason } from '../domain/trajectory.js';
import {
  count,
  enumeration,
  finite,
  flag,
  identifier,
  logProbs,
  message,
  positiveCount,
  text,
  tokenIds,
} from './message-fields.js';

const FINISH_TO_WIRE: Readonly<Record<FinishReason, WireFinishReason>> = {
  stop: WireFinishReason.STOP,
  length: WireFinishReason.LENGTH,
};

/** Schema of majlis.v1.Prompt. */
export const promptMessage = message({
  id: identifier,
  locale: identifier,
  text,
  category: z.string().exactOptional(),
});

const samplingMessage = message({
  maxNewTokens: positiveCount,
  temperature: finite.min(0, { error: 'a finite number from 0' }),
  stopTokenIds: tokenIds,
});

const tokenizedPromptMessage = message({
  prompt: promptMessage,
  tokenIds: tokenIds.refine((ids) => ids.length > 0, { error: 'at least one token id' }),
  tokenizerHash: identifier,
  truncated: flag,
});

/** Schema of majlis.v1.RolloutTask. */
export const rolloutTaskMessage = message({
  id: identifier,
  run: identifier,
  iteration: count,
  prompt: tokenizedPromptMessage,
  groupSize: positiveCount,
  policyVersion: count,
  policyHash: identifier,
  rubricHash: identifier,
  rewardModelHash: identifier,
  seed: count,
  sampling: samplingMessage,
});

const trajectoryMessage = message({
  index: count,
  tokenIds,
  logProbs,
  finish: enumeration(FINISH_TO_WIRE),
  text,
}).refine((trajectory) => trajectory.logProbs.length === trajectory.tokenIds.length, {
  path: ['logProbs'],
  error: 'as many log-probs as token ids',
});

/** Schema of majlis.v1.TrajectoryGroup: at least one trajectory, in the order of their indices. */
export const trajectoryGroupMessage = message({
  taskId: identifier,
  policyHash: identifier,
  engineFingerprint: identifier,
  trajectories: z
    .array(trajectoryMessage)
    .min(1, { error: 'at least one trajectory' })
    .refine((group) => group.every((trajectory, place) => trajectory.index === place), {
      error: 'trajectories in the order of their indices, from 0',
    }),
});

/** Schema of majlis.v1.GivenUpTask. */
export const givenUpTaskMessage = message({
  taskId: identifier,
  policyVersion: count,
  oldestVersion: count,
});

/** Domain to wire. */
export function promptToMessage(prompt: Prompt): wire.Prompt {
  return { id: prompt.id, locale: prompt.locale, text: prompt.text, category: prompt.category };
}
