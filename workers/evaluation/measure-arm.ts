import type { Locale, Prompt } from '../../core/domain/prompt.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { pairedBootstrap } from '../../core/math/paired-bootstrap.js';
import type { Rng } from '../../core/math/rng.js';
import { findVeto, repetitionOf } from './answer-vetoes.js';
import type { ArmFigures, BeforeAfter } from './arm-figures.js';
import { entityFigures, type EntityFigures } from './entity-figures.js';
import type { MeasuresOf } from './locale-measures.js';
import { registerShare } from './register-of.js';
import { matchPoints, winRate, winRateDifference } from './win-rate.js';

/** One policy's answers to the held-out prompts, in the prompts' order. */
export interface EvaluatedPolicy {
  readonly policyHash: string;
  readonly answers: readonly EvaluatedAnswer[];
  /** Nats per token of the held-out reference answers. */
  readonly heldOutNll: number;
}

export interface EvaluatedAnswer {
  readonly prompt: Prompt;
  readonly text: string;
  /** Exact KL to the SFT checkpoint summed over the answer, in nats. */
  readonly kl: number;
}

export interface ArmMeasurement {
  /** The SFT checkpoint. */
  readonly before: EvaluatedPolicy;
  readonly after: EvaluatedPolicy;
  /** Absent where no placebo ran. */
  readonly placebo?: EvaluatedPolicy;
  /** Under what the arm ended under. */
  readonly measuresOf: MeasuresOf;
  readonly targets: readonly RegisterTarget[];
  readonly rng: Rng;
}

/** The register that a rubric asks for, of the answers in its locale. */
export interface RegisterTarget {
  readonly rubric: string;
  readonly locale: Locale;
  readonly register: string;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/** All figures of one arm; every interval resamples or counts held-out prompts. */
export function measureArm(arm: ArmMeasurement): ArmFigures {
  const { before, after, placebo, measuresOf, targets, rng } = arm;
  const both = <Figure>(figure: (texts: readonly string[]) => Figure): BeforeAfter<Figure> => ({
    before: figure(textsOf(before)),
    after: figure(textsOf(after)),
  });
  const entitiesOf = ({ answers }: EvaluatedPolicy): EntityFigures =>
    entityFigures(answers.map(({ prompt, text }) => ({ text, profile: measuresOf(prompt).profile })));
  const entities = { before: entitiesOf(before), after: entitiesOf(after) };
  const points = matchPoints((prompt) => measuresOf(prompt).judge, matches(after, before));
  return {
    ...shareOf(entities),
    unseenMentionRate: {
      before: entities.before.unseenMentionRate,
      after: entities.after.unseenMentionRate,
    },
    targetMetric: Object.fromEntries(
      targets.map((target) => [
        target.rubric,
        { before: targetShare(before, target, arm), after: targetShare(after, target, arm) },
      ]),
    ),
    winRate: winRate(points, rng.fork('winRate')),
    ...(placebo === undefined ? {} : { winRateMinusPlacebo: overPlacebo(points, placebo, arm) }),
    kl: meanKl(after, rng.fork('kl')),
    heldOutNll: { before: before.heldOutNll, after: after.heldOutNll },
    repetition: both((texts) => mean(texts.map(repetitionOf))),
    stuffing: {
      before: stuffedShare(before),
      after: stuffedShare(after),
    },
    policyHash: after.policyHash,
  };
}

/** Absent where either side names no unseen entity at all: then the mention rate says what happened. */
function shareOf({ before, after }: BeforeAfter<EntityFigures>): Pick<ArmFigures, 'localEntityShare'> {
  if (before.localEntityShare === undefined || after.localEntityShare === undefined) return {};
  return { localEntityShare: { before: before.localEntityShare, after: after.localEntityShare } };
}

function overPlacebo(
  points: Float64Array,
  placebo: EvaluatedPolicy,
  { measuresOf, before, rng }: ArmMeasurement,
): IntervalEstimate {
  return winRateDifference(
    points,
    matchPoints((prompt) => measuresOf(prompt).judge, matches(placebo, before)),
    rng.fork('winRateMinusPlacebo'),
  );
}

/** Over the answers in the rubric's locale. */
function targetShare(
  { answers }: EvaluatedPolicy,
  { locale, register }: RegisterTarget,
  { measuresOf }: ArmMeasurement,
): IntervalEstimate {
  const own = answers.filter(({ prompt }) => measuresOf(prompt).locale === locale);
  return registerShare(
    own.map(({ prompt, text }) => ({ text, register, profile: measuresOf(prompt).profile })),
  );
}

function textsOf({ answers }: EvaluatedPolicy): string[] {
  return answers.map(({ text }) => text);
}

function matches(challenger: EvaluatedPolicy, incumbent: EvaluatedPolicy): Parameters<typeof matchPoints>[1] {
  return challenger.answers.map(({ prompt, text }, at) => ({
    prompt,
    challenger: text,
    incumbent: incumbent.answers[at].text,
  }));
}

function meanKl({ answers }: EvaluatedPolicy, rng: Rng): IntervalEstimate {
  const differences = Float64Array.from(answers, ({ kl }) => kl);
  return pairedBootstrap({ differences, resamples: RESAMPLES, rng, level: LEVEL });
}

function stuffedShare({ answers }: EvaluatedPolicy): number {
  return mean(answers.map(({ prompt, text }) => (findVeto(prompt.text, text) === 'stuffed' ? 1 : 0)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
