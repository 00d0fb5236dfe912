import { createRng } from '../../../core/math/rng.js';
import { evaluatePairs, type PairEvaluation } from '../../../reward/model/evaluate-pairs.js';
import { saveLightReward } from '../../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { LIGHT_DEFAULTS } from '../../../reward/model/light/light-settings.js';
import { STYLE_FEATURES } from '../../../reward/model/light/style-gaps.js';
import type { ReferenceAnswer } from '../../../reward/model/light/train-light-model.js';
import { trainLightReward, type TrainedLightReward } from '../../../reward/model/light/train-light-reward.js';
import { readAnswers } from '../../../reward/model/read-answers.js';
import { readPreferences } from '../../../reward/model/read-preferences.js';
import { scorePairs } from '../../../reward/model/score-pairs.js';
import { findRubric, rubricPath } from '../rubric/find-rubric.js';
import { rubricProfile } from '../rubric/rubric-profile.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { describeEvaluation } from './describe-evaluation.js';
import { writeEvaluationPage } from './evaluation-page.js';

export interface TrainRewardRequest {
  readonly preferences: string;
  readonly rubric: string;
  readonly out: string;
  readonly seed: number;
  readonly heads: number;
  readonly heldOut: number;
  readonly ties: 'half' | 'rao_kupper';
  /** Answers that rewards are centred on. */
  readonly references?: string;
  /** Where the evaluation is written as a page. */
  readonly html?: string;
}

const MILLISECONDS = 1000;

/** Trains a light reward model on a file of preferences, writes it to a folder and measures it on held-out prompts. */
export async function trainRewardModel(
  request: TrainRewardRequest,
  session: Session,
): Promise<CommandResult> {
  const { clock, signal } = session;
  const rubric = await findRubric(request.rubric);
  const profile = await rubricProfile(rubric, rubricPath(request.rubric));
  const pairs = await readPreferences(request.preferences, { rubric, locale: rubric.locale });
  const references =
    request.references === undefined
      ? undefined
      : await collect(readAnswers(request.references, rubric.locale));
  const { seed, heads, heldOut, ties } = request;
  const show = stoppableProgress(session);
  const startedMs = clock.monotonic();
  const trained = await trainLightReward({
    pairs,
    rubric,
    profile,
    seed,
    settings: { ...LIGHT_DEFAULTS, heads, heldOutShare: heldOut, ties },
    ...(references === undefined ? {} : { references }),
    signal,
    onFit: (done, all) => {
      show({ stage: `reward model ${rubric.id}`, done, all, unit: 'fits' });
    },
  });
  const seconds = (clock.monotonic() - startedMs) / MILLISECONDS;
  await saveLightReward(request.out, trained.reward);
  const evaluation = await evaluateHeldOut(trained, seed, signal);
  if (request.html !== undefined && evaluation !== undefined) {
    await writeEvaluationPage(request.html, `Reward model of rubric ${rubric.id}`, evaluation);
  }
  const { origin, hash } = trained.reward;
  return {
    json: {
      ...{ directory: request.out, hash, rubric: rubric.id, rubricHash: rubric.hash },
      preferencesHash: origin.preferencesHash,
      ...counts(trained),
      ...{ fit: fitOf(trained), seconds, pairsPerSecond: pairs.length / seconds },
      temperature: trained.reward.model.temperature,
      nuisance: nuisanceOf(trained),
      ...(evaluation === undefined ? {} : { evaluation }),
    },
    text: describe(request.out, trained, { seconds, evaluation }),
  };
}

async function collect(answers: AsyncIterable<ReferenceAnswer>): Promise<ReferenceAnswer[]> {
  const collected: ReferenceAnswer[] = [];
  for await (const { prompt, answer } of answers) collected.push({ prompt, answer });
  return collected;
}

async function evaluateHeldOut(
  { reward, pairs }: TrainedLightReward,
  seed: number,
  signal: AbortSignal,
): Promise<PairEvaluation | undefined> {
  const { scored } = await scorePairs(createLightRewardModel(reward), pairs.heldOut, { signal });
  return scored.length === 0 ? undefined : evaluatePairs(scored, { rng: createRng(seed).fork('evaluation') });
}

function counts({ pairs, equalAnswers }: TrainedLightReward): Record<string, number> {
  return { trainingPairs: pairs.training.length, heldOutPairs: pairs.heldOut.length, equalAnswers };
}

function fitOf({ fit: { iterations, evaluations, gradientNorm, converged } }: TrainedLightReward): object {
  return { iterations, evaluations, gradientNorm, converged };
}

/** What the judges paid for each style feature, in logits at a wide gap; no score contains it. */
function nuisanceOf({ reward }: TrainedLightReward): Record<string, number> {
  return Object.fromEntries(STYLE_FEATURES.map((name, at) => [name, reward.model.style.weights[at]]));
}

function describe(
  out: string,
  trained: TrainedLightReward,
  { seconds, evaluation }: { readonly seconds: number; readonly evaluation: PairEvaluation | undefined },
): string {
  const { reward, pairs, equalAnswers, fit } = trained;
  const nuisance = Object.entries(nuisanceOf(trained)).map(
    ([name, weight]) => `${name} ${weight.toFixed(2)}`,
  );
  return [
    `reward model ${reward.hash.slice(0, 12)} of rubric ${reward.rubric.id} written to ${out}`,
    `${pairs.training.length} pairs learned from in ${seconds.toFixed(1)} s, ${pairs.heldOut.length} held out by prompt` +
      (equalAnswers === 0 ? '' : `, ${equalAnswers} of two equal answers left out`),
    `${fit.iterations} iterations to a gradient of ${fit.gradientNorm.toExponential(1)}${fit.converged ? '' : ', NOT CONVERGED'}`,
    `judges paid, in logits, and the model does not: ${nuisance.join(', ')}`,
    '',
    evaluation === undefined
      ? 'no pair is held out, so nothing is known of how good it is'
      : describeEvaluation(evaluation),
  ].join('\n');
}
