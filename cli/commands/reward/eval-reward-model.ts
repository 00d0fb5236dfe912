import { MajlisError } from '../../../core/errors.js';
import { createRng } from '../../../core/math/rng.js';
import { evaluatePairs } from '../../../reward/model/evaluate-pairs.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { readPreferences } from '../../../reward/model/read-preferences.js';
import { scorePairs } from '../../../reward/model/score-pairs.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { describeEvaluation } from './describe-evaluation.js';
import { writeEvaluationPage } from './evaluation-page.js';
import { openLightReward } from './open-light-reward.js';

export interface EvalRewardRequest {
  readonly directory: string;
  readonly pairs: string;
  readonly seed: number;
  readonly html?: string;
}

/** Measures a reward model on labelled pairs: accuracy, calibration and what length has to do with it. */
export async function evalRewardModel(request: EvalRewardRequest, session: Session): Promise<CommandResult> {
  const { directory, pairs: path, seed, html } = request;
  const stored = await openLightReward(directory);
  const pairs = await readPreferences(path, { rubric: stored.rubric, locale: stored.rubric.locale });
  const show = stoppableProgress(session);
  const { scored, excluded } = await scorePairs(createLightRewardModel(stored), pairs, {
    signal: session.signal,
    onProgress: (done, all) => {
      show({ stage: 'scoring', done, all, unit: 'pairs' });
    },
  });
  const left = Object.entries(excluded).map(([why, count]) => `${count} ${why.replaceAll('_', ' ')}`);
  if (scored.length === 0) {
    throw new MajlisError(`no pair of ${path} can be measured: ${left.join(', ')}`, {
      code: 'failed_precondition',
    });
  }
  const evaluation = evaluatePairs(scored, { rng: createRng(seed).fork('evaluation') });
  const name = `reward model ${stored.hash.slice(0, 12)} of rubric ${stored.rubric.id}`;
  if (html !== undefined) await writeEvaluationPage(html, name, evaluation);
  return {
    json: {
      hash: stored.hash,
      rubric: stored.rubric.id,
      rubricHash: stored.rubric.hash,
      excluded,
      evaluation,
    },
    text: [name, ...left.map((one) => `left out: ${one}`), describeEvaluation(evaluation)].join('\n'),
  };
}
