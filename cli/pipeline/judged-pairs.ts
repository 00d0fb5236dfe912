import type { JudgesOptions } from '../../core/config/judges-options.js';
import type { AnswerPair } from '../../core/domain/preference.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import { createRng } from '../../core/math/rng.js';
import { createAnswerScorer, type AnswerScorer } from '../../reward/judge/answer-scorer.js';
import type { Judge } from '../../reward/judge/judge.js';
import { pairOrders } from '../../reward/judge/pair-orders.js';
import { judgePairs } from '../../reward/judge/panel.js';
import { aggregate, type Aggregate } from '../../reward/preference/aggregate.js';
import { fuserByAnchors } from '../../reward/preference/choose-fuser.js';
import { averageFuser } from '../../reward/preference/fuser.js';
import { anchorsOf, goldPairs, type AuthoredPair } from '../../reward/preference/gold-pairs.js';
import { panelAccuracy, type Accuracy } from '../../reward/preference/panel-accuracy.js';
import { collectVotes } from '../../reward/preference/panel-votes.js';
import type { AskedJudges } from '../judges/asked-judges.js';
import { createPanel } from '../judges/judge-panel.js';
import { patientWith } from '../judges/patient-judge.js';

export interface JudgePanelInputs {
  readonly rubric: Rubric;
  readonly profile: LocaleProfile;
  /** Authored pairs of every rubric that the run has any of. */
  readonly gold: readonly (AuthoredPair & { readonly rubric: string })[];
  readonly asked: AskedJudges;
  readonly judges: JudgesOptions;
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
  /** Of gold pairs that neither the fusion nor the learned judge was fitted on. */
  readonly fused: Accuracy;
  readonly scoreAnswer: AnswerScorer;
  /** What those who were asked said, of the gold pairs too. */
  readonly askedVerdicts: readonly PairVerdict[];
}

/** How a rubric is judged, whoever is asked. */
interface Judging {
  readonly panel: readonly Judge[];
  readonly inputs: JudgePanelInputs;
  readonly signal: AbortSignal;
}

/** Both halves need pairs for two folds. */
const LEAST_GOLD = 8;
/** λ of the stack: a run's judges give probabilities, whose logits go up to ±4 and so ask for little of it. */
const STACK_PENALTY = 1;
/** Pairs that are with the judges at one time. */
const PAIRS_AT_ONCE = 32;

/**
 * Judges pairs under one rubric by a panel: rules, a learned judge, one labelled as a simulated position-biased judge, and
 * whoever the run asks besides. Gold is split in two by turns: one half teaches the learned judge, the other anchors the
 * fusion and, cross-fitted, measures it. With less gold than both need, the fusion is the plain average of rules and asked
 * judges, and nothing measures it. A judge that leaves too many questions without a verdict is RewardNotReady.
 */
export async function judgeAllPairs(
  inputs: JudgePanelInputs,
  pairs: readonly AnswerPair[],
  run: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<JudgedPairs> {
  const { rubric, profile, seed, judges } = inputs;
  const authored = inputs.gold.filter((pair) => pair.rubric === rubric.id);
  const gold =
    authored.length < LEAST_GOLD ? [] : createRng(seed).fork(`gold/${rubric.id}`).shuffle(authored);
  const lessons = gold.filter((_, at) => at % 2 === 0);
  const anchors = goldPairs(
    gold.filter((_, at) => at % 2 === 1),
    profile.locale,
  );
  const scoreAnswer = createAnswerScorer(rubric, profile);
  // People label gold pairs of whatever rubric; which of them are anchors here is none of their mistakes.
  const asked = await inputs.asked.among(new Set([...inputs.gold, ...pairs].map(({ id }) => id)));
  const rng = createRng(seed).fork('judges');
  const panel = createPanel({ rubric, scoreAnswer, lessons, asked, asks: judges.asks, rng });
  // Where one judge fails for good, nobody waits for the others.
  const stopping = new AbortController();
  const judging = { panel, inputs, signal: AbortSignal.any([run.signal, stopping.signal]) };
  try {
    const anchorVerdicts = await verdictsOn(anchors.pairs, judging);
    const anchorVotes = collectVotes(anchorVerdicts).votes;
    const fuser =
      gold.length === 0 ? averageFuser : fuserByAnchors(anchorsOf(anchorVotes, anchors.gold), STACK_PENALTY);
    const accuracy = panelAccuracy(anchorVerdicts, anchors.gold, fuser);
    const verdicts = await verdictsOn(pairs, judging, run.onProgress);
    const askedIds = new Set(asked.map(({ id }) => id));
    return {
      rubric,
      scoreAnswer,
      askedVerdicts: [...anchorVerdicts, ...verdicts].filter(({ judgeId }) => askedIds.has(judgeId)),
      aggregate: aggregate({ rubricHash: rubric.hash, pairs, verdicts, fuser }),
      judges: panel.map(({ id, kind }) => ({ id, kind, accuracy: accuracy.judges.get(id) ?? { pairs: 0 } })),
      fused: crossFittedAccuracy(anchorVerdicts, anchors.gold),
    };
  } finally {
    stopping.abort();
  }
}

async function verdictsOn(
  pairs: readonly AnswerPair[],
  { panel, inputs: { rubric, judges }, signal }: Judging,
  onProgress?: (done: number) => void,
): Promise<PairVerdict[]> {
  const { orders, leastFamilies, noVerdictShare: share } = judges;
  const patient = panel.map((judge, seat) => {
    const questions = pairs.reduce((sum, { id }) => sum + pairOrders(id, orders, seat).length, 0);
    return patientWith(judge, { rubricId: rubric.id, questions, share });
  });
  return judgePairs(patient, pairs, {
    ...{ rubric, orders, leastFamilies, signal, concurrency: PAIRS_AT_ONCE },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** Fits what fuses on each half of the anchors and measures it on the other. */
function crossFittedAccuracy(
  verdicts: Parameters<typeof panelAccuracy>[0],
  gold: ReadonlyMap<string, boolean>,
): Accuracy {
  const { votes } = collectVotes(verdicts);
  const folds = [0, 1].map((parity) => {
    const fitted = new Map([...gold].filter((_, at) => at % 2 === parity));
    const measured = new Map([...gold].filter((_, at) => at % 2 !== parity));
    return panelAccuracy(verdicts, measured, fuserByAnchors(anchorsOf(votes, fitted), STACK_PENALTY)).fused;
  });
  const pairs = folds.reduce((sum, fold) => sum + fold.pairs, 0);
  if (pairs === 0) return { pairs };
  const right = folds.reduce((sum, fold) => sum + (fold.accuracy ?? 0) * fold.pairs, 0);
  return { accuracy: right / pairs, pairs };
}
