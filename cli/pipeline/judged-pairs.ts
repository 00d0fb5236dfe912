import type { AnswerPair } from '../../core/domain/preference.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import { createAnswerScorer, type AnswerScorer } from '../../reward/judge/answer-scorer.js';
import type { Judge } from '../../reward/judge/judge.js';
import { createLearnedJudge } from '../../reward/judge/learned-judge.js';
import { fitNgramModel } from '../../reward/judge/ngram-model.js';
import { createOpenAiJudge } from '../../reward/judge/openai-judge.js';
import { judgePairs } from '../../reward/judge/panel.js';
import { createPositionBiasedJudge } from '../../reward/judge/position-biased-judge.js';
import { createRuleJudge } from '../../reward/judge/rule-judge.js';
import { aggregate, type Aggregate } from '../../reward/preference/aggregate.js';
import { fitAnchoredStack } from '../../reward/preference/fuser.js';
import { anchorsOf, goldPairs, type AuthoredPair } from '../../reward/preference/gold-pairs.js';
import { panelAccuracy, type Accuracy } from '../../reward/preference/panel-accuracy.js';
import { collectVotes } from '../../reward/preference/panel-votes.js';

/** A judge endpoint that a person named. */
export interface JudgeEndpoint {
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
}

export interface JudgePanelInputs {
  readonly rubric: Rubric;
  readonly profile: LocaleProfile;
  /** Authored pairs of this rubric. */
  readonly gold: readonly (AuthoredPair & { readonly rubric: string })[];
  readonly endpoint?: JudgeEndpoint;
  readonly seed: number;
}

/** A judge's place in the report. */
export interface PanelMember {
  readonly id: string;
  readonly kind: Judge['kind'];
  readonly accuracy: Accuracy;
}

/** What the panel made of the pairs, and how often its judges and their fusion agree with authored gold. */
export interface JudgedPairs {
  readonly rubric: Rubric;
  readonly aggregate: Aggregate;
  readonly judges: readonly PanelMember[];
  /** Of gold pairs that neither the stack nor the learned judge was fitted on. */
  readonly fused: Accuracy;
  readonly scoreAnswer: AnswerScorer;
}

/** Both halves need pairs for two folds. */
const LEAST_GOLD = 8;
const POSITION_BIAS = 0.9;
const JUDGE_NOISE = 1;

/**
 * Judges pairs under one rubric by a panel in both orders: rules, a learned judge, and one labelled as a simulated
 * position-biased judge; the endpoint too where there is one. Gold is split in two by turns: one half teaches the
 * learned judge, the other anchors the fusion and, cross-fitted, measures it.
 */
export async function judgeAllPairs(
  inputs: JudgePanelInputs,
  pairs: readonly AnswerPair[],
  run: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<JudgedPairs> {
  const { rubric, profile, seed } = inputs;
  const gold = createRng(seed).fork(`gold/${rubric.id}`).shuffle(inputs.gold);
  const lessons = gold.filter((_, at) => at % 2 === 0);
  const anchors = goldPairs(
    gold.filter((_, at) => at % 2 === 1),
    profile.locale,
  );
  if (inputs.gold.length < LEAST_GOLD) {
    throw new MajlisError(
      `Rubric ${rubric.id} has ${inputs.gold.length} gold pairs; the panel needs ${LEAST_GOLD} to anchor its fusion. ` +
        `Add pairs with "rubric": "${rubric.id}" to the run file's goldPairs.`,
      { code: 'failed_precondition' },
    );
  }
  const scoreAnswer = createAnswerScorer(rubric, profile);
  const judges = createPanel(inputs, { scoreAnswer, lessons, rng: createRng(seed).fork('judges') });

  const anchorVerdicts = await judgePairs(judges, anchors.pairs, { rubric, signal: run.signal });
  const anchorVotes = collectVotes(anchorVerdicts).votes;
  const fuser = fitAnchoredStack(anchorsOf(anchorVotes, anchors.gold));
  const accuracy = panelAccuracy(anchorVerdicts, anchors.gold, fuser);
  const verdicts = await judgePairs(judges, pairs, { rubric, ...run });
  return {
    rubric,
    scoreAnswer,
    aggregate: aggregate({ rubricHash: rubric.hash, pairs, verdicts, fuser }),
    judges: judges.map(({ id, kind }) => ({ id, kind, accuracy: accuracy.judges.get(id) ?? { pairs: 0 } })),
    fused: crossFittedAccuracy(anchorVerdicts, anchors.gold),
  };
}

interface PanelParts {
  readonly scoreAnswer: AnswerScorer;
  readonly lessons: readonly AuthoredPair[];
  readonly rng: Rng;
}

function createPanel(
  { rubric, endpoint }: JudgePanelInputs,
  { scoreAnswer, lessons, rng }: PanelParts,
): Judge[] {
  const rules = createRuleJudge({ scorers: new Map([[rubric.hash, scoreAnswer]]) });
  const learned = createLearnedJudge({ models: new Map([[rubric.hash, fitNgramModel(lessons)]]) });
  const biased = createPositionBiasedJudge(rules, { bias: POSITION_BIAS, noise: JUDGE_NOISE, rng });
  const panel = [rules, learned, biased];
  if (endpoint === undefined) return panel;
  const { url, model, apiKey } = endpoint;
  return [...panel, createOpenAiJudge({ baseUrl: url, model, ...(apiKey === undefined ? {} : { apiKey }) })];
}

/** Fits the stack on each half of the anchors and measures it on the other. */
function crossFittedAccuracy(
  verdicts: Parameters<typeof panelAccuracy>[0],
  gold: ReadonlyMap<string, boolean>,
): Accuracy {
  const { votes } = collectVotes(verdicts);
  const folds = [0, 1].map((parity) => {
    const fitted = new Map([...gold].filter((_, at) => at % 2 === parity));
    const measured = new Map([...gold].filter((_, at) => at % 2 !== parity));
    return panelAccuracy(verdicts, measured, fitAnchoredStack(anchorsOf(votes, fitted))).fused;
  });
  const pairs = folds.reduce((sum, fold) => sum + fold.pairs, 0);
  if (pairs === 0) return { pairs };
  const right = folds.reduce((sum, fold) => sum + (fold.accuracy ?? 0) * fold.pairs, 0);
  return { accuracy: right / pairs, pairs };
}
