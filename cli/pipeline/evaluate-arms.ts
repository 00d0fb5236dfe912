import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import { ARM_NAMES, type ArmFigures, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { ControlJudge } from '../../workers/evaluation/control-judge.js';
import { measureArm, type EvaluatedPolicy } from '../../workers/evaluation/measure-arm.js';
import { judgeFor } from './control-judges.js';
import { evaluatePolicy, type EvaluationInputs, type PolicyEvaluation } from './evaluate-policy.js';
import type { RunInputs } from './run-inputs.js';

/** A policy's evaluation under its name. */
export type NamedEvaluation = PolicyEvaluation & { readonly policyHash: string };

/** The SFT checkpoint's evaluation and those at the end of each arm. */
export type Evaluations = Readonly<Record<ArmName | 'sft', NamedEvaluation>>;

/** Evaluates the checkpoint and the arms' last policies one after the other, on the same prompts and draws. */
export async function evaluateArms(
  policies: Readonly<Record<ArmName, PolicyVersion>>,
  inputs: EvaluationInputs,
  onEvaluated: (done: number, all: number) => void,
): Promise<Evaluations> {
  const all = ARM_NAMES.length + 1;
  const evaluate = async (policy: PolicyVersion, done: number): Promise<NamedEvaluation> => {
    const evaluation = await evaluatePolicy(policy, inputs);
    onEvaluated(done, all);
    return { ...evaluation, policyHash: policy.hash };
  };
  return {
    sft: await evaluate(inputs.checkpoint.policy, 1),
    rubricA: await evaluate(policies.rubricA, 2),
    swapped: await evaluate(policies.swapped, 3),
    placebo: await evaluate(policies.placebo, 4),
  };
}

/** Figures of every arm, each judged under the rubric that it ended with. */
export function measureArms(
  evaluated: Evaluations,
  {
    inputs,
    rubrics,
    judges,
  }: { inputs: RunInputs; rubrics: readonly Rubric[]; judges: ReadonlyMap<string, ControlJudge> },
  rng: Rng,
): Record<ArmName, ArmFigures> {
  const [rubricA, rubricB] = rubrics;
  const targets = Object.fromEntries(rubrics.map((rubric) => [rubric.id, targetRegister(rubric)]));
  const measured = (name: ArmName, endedUnder: Rubric): ArmFigures =>
    measureArm({
      before: policyOf(evaluated.sft),
      after: policyOf(evaluated[name]),
      placebo: policyOf(evaluated.placebo),
      profile: inputs.profile,
      judge: judgeFor(judges, endedUnder),
      targets,
      rng: rng.fork(name),
    });
  return {
    rubricA: measured('rubricA', rubricA),
    swapped: measured('swapped', rubricB),
    placebo: measured('placebo', rubricA),
  };
}

function policyOf({ policyHash, heldOutNll, answers }: NamedEvaluation): EvaluatedPolicy {
  return {
    policyHash,
    heldOutNll,
    answers: answers.map(({ prompt, text, kl }) => ({ prompt: prompt.prompt.text, text, kl })),
  };
}

/** The register that a rubric asks for, from the parameters of its register criterion. */
function targetRegister(rubric: Rubric): string {
  const target = rubric.criteria.find(({ evaluator }) => evaluator === 'register')?.parameters.target;
  if (typeof target === 'string') return target;
  throw new MajlisError(`Rubric ${rubric.id} names no register, so its target metric cannot be measured.`, {
    code: 'failed_precondition',
  });
}
