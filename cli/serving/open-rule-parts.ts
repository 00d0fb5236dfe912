import { createAnswerScorer } from '../../reward/judge/answer-scorer.js';
import { createRuleRewardModel } from '../../reward/model/rule-reward-model.js';
import { findRubric } from '../commands/rubric/find-rubric.js';
import { rubricProfile } from '../commands/rubric/rubric-profile.js';
import type { RewardParts } from './reward-parts.js';
import { unitScale } from './unit-scale.js';

/** The rules of a rubric's file as a reward that nobody trained. */
export async function openRuleParts(path: string): Promise<RewardParts> {
  const rubric = await findRubric(path);
  const profile = await rubricProfile(rubric, path);
  return {
    ...{ form: 'rules', rubric, profile, files: [path], isMeasured: false },
    model: createRuleRewardModel(rubric, createAnswerScorer(rubric, profile)),
    normalizer: unitScale([profile.locale]),
  };
}
