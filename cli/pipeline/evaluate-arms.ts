import type { PolicyVersion } from '../../core/domain/policy.js';
import { servingLocale } from '../../core/domain/locale.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import type { RubricSet } from '../../reward/rubric/rubric-set.js';
import { ARM_NAMES, type ArmFigures, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { ControlJudge } from '../../workers/evaluation/control-judge.js';
import type { MeasuresOf } from '../../workers/evaluation/locale-measures.js';
import {
  measureArm,
  type EvaluatedPolicy,
  type RegisterTarget,
} from '../../workers/evaluation/measure-arm.js';
import { judgeFor } from './control-judges.js';
import { evaluatePolicy, type EvaluationInputs, type PolicyEvaluation } from './evaluate-policy.js';
import type { ProgressListener } from './progress.js';
import type { RunInputs } from './run-inputs.js';
import { membersOf, rubricsAfter, type RunRubrics } from './run-rubrics.js';

/** A policy's evaluation under its name. */
export type NamedEvaluation = PolicyEvaluation & { readonly policyHash: string };

/** The SFT checkpoint's evaluation and those at the end of each arm that ran. */
export interface Evaluations {
  readonly sft: NamedEvaluation;
  readonly arms: Readonly<Partial<Record<ArmName, NamedEvaluation>>>;
}

type ByArm<Value> = Readonly<Partial<Record<ArmName, Value>>>;

/** Evaluates the checkpoint and the arms' last policies one after the other, on the same prompts and draws. */
export async function evaluateArms(
  policies: ByArm<PolicyVersion>,
  inputs: EvaluationInputs,
  onProgress: ProgressListener,
): Promise<Evaluations> {
  const all = Object.keys(policies).length + 1;
  let done = 0;
  const evaluate = async (policy: PolicyVersion): Promise<NamedEvaluation> => {
    const evaluation = await evaluatePolicy(policy, inputs);
    done += 1;
    onProgress({ stage: 'evaluation', done, all, unit: 'policies' });
    return { ...evaluation, policyHash: policy.hash };
  };
  const sft = await evaluate(inputs.checkpoint.policy);
  const arms: Partial<Record<ArmName, NamedEvaluation>> = {};
  for (const name of ARM_NAMES) {
    const policy = policies[name];
    if (policy !== undefined) arms[name] = await evaluate(policy);
  }
  return { sft, arms };
}

export interface MeasuringInputs {
  readonly inputs: RunInputs;
  readonly rubrics: RunRubrics;
  /** By rubric id. */
  readonly judges: ReadonlyMap<string, ControlJudge>;
  /** The stream of the intervals. */
  readonly rng: Rng;
}

/** Figures of every arm that ran, each judged under the rubric that it ended with. */
export function measureArms(
  { sft, arms }: Evaluations,
  { inputs, rubrics, judges, rng }: MeasuringInputs,
): ByArm<ArmFigures> {
  const targets = registerTargets(rubrics);
  const placebo = arms.placebo === undefined ? {} : { placebo: policyOf(arms.placebo) };
  const measured = ARM_NAMES.flatMap((name) => {
    const after = arms[name];
    if (after === undefined) return [];
    const figures = measureArm({
      before: policyOf(sft),
      after: policyOf(after),
      ...placebo,
      measuresOf: measuresUnder(rubricsAfter(name, rubrics), { inputs, judges }),
      targets,
      rng: rng.fork(name),
    });
    return [[name, figures] as const];
  });
  return Object.fromEntries(measured);
}

function policyOf({ policyHash, answers, referenceNll, referenceTokens }: NamedEvaluation): EvaluatedPolicy {
  return {
    policyHash,
    heldOutNll: sumOf(referenceNll) / sumOf(referenceTokens),
    answers: answers.map(({ prompt, text, kl }) => ({ prompt: prompt.prompt, text, kl })),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function registerTargets(rubrics: RunRubrics): RegisterTarget[] {
  return membersOf(rubrics).map(({ locale, rubric }) => {
    return { rubric: rubric.id, locale, register: targetRegister(rubric) };
  });
}

/** What answers are measured by under a set of rubrics. */
export function measuresUnder(
  { members }: RubricSet,
  { inputs, judges }: Pick<MeasuringInputs, 'inputs' | 'judges'>,
): MeasuresOf {
  const measures = inputs.locales.flatMap(({ locale, profile }) =>
    members
      .filter((member) => member.locale === locale)
      .map(({ rubric }) => {
        const judge = judgeFor(judges, rubric);
        return { locale, rubric: rubric.id, profile, judge, register: targetRegister(rubric) };
      }),
  );
  const tags = measures.map(({ locale }) => locale);
  return (prompt) => {
    const found = measures[tags.indexOf(servingLocale(prompt.locale, tags) ?? '')];
    if (found !== undefined) return found;
    throw new MajlisError(`no rubric serves ${prompt.locale}`, { code: 'internal' });
  };
}

/** The register that a rubric asks for, from the parameters of its register criterion. */
export function targetRegister(rubric: Rubric): string {
  const target = rubric.criteria.find(({ evaluator }) => evaluator === 'register')?.parameters.target;
  if (typeof target === 'string') return target;
  throw new MajlisError(`Rubric ${rubric.id} names no register, so its target metric cannot be measured.`, {
    code: 'failed_precondition',
  });
}
