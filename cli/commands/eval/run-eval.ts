import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import type { Engine } from '../../../core/engine/engine.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { createRng } from '../../../core/math/rng.js';
import { readModelDirectory } from '../../../core/network/model-directory/read-model-directory.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { fitControlJudges, judgeFor } from '../../pipeline/control-judges.js';
import { formatTable } from '../../terminal/format-table.js';
import { readCheckedInputs, type CheckedInputs } from '../run/read-checked-inputs.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { compareWithBestOfN, type BestOfNComparison } from './compare-with-best-of-n.js';
import { findPolicies, type ComparedPolicies, type PolicyChoice } from './find-policies.js';

export interface EvalOptions extends PolicyChoice {
  readonly runFile: string;
  /** Id of the rubric to judge under, one of the run file's. */
  readonly rubric?: string;
  readonly seed?: number;
  readonly workers: number;
  readonly mostAnswers: number;
}

const TRAINER_THREADS = 2;

/** Compares a policy with best-of-n sampling of its reference at equal KL, on the run file's held-out prompts. */
export async function runEval(options: EvalOptions, session: Session): Promise<CommandResult> {
  const checked = await readCheckedInputs(options.runFile);
  const policies = await findPolicies(options, session.clock);
  const rubric = chosenRubric(checked.rubrics, policies, options);
  const tokenizer = await openChatTokenizer(policies.reference.location);
  const { config: model } = await readModelDirectory(policies.reference.location);
  const { config, heldOutPrompts, profile } = checked.inputs;
  const judge = judgeFor(fitControlJudges(checked.inputs, [rubric]), rubric);
  const longest = model.contextLength - config.sampling.maxNewTokens;
  const seed = options.seed ?? config.seed;
  const comparison = await withModels(options.workers, ({ engines, trainer }) =>
    compareWithBestOfN({
      policy: policies.policy,
      evaluation: {
        checkpoint: { policy: policies.reference, tokenizer },
        prompts: heldOutPrompts.map((prompt) => tokenizer.tokenizePrompt(prompt, longest)),
        sampling: { ...config.sampling, stopTokenIds: tokenizer.stopTokenIds },
        engines,
        trainer,
        call: { run: 'eval', epoch: 1 },
        rng: createRng(seed).fork('eval'),
      },
      rubric,
      profile,
      judge,
      mostAnswers: options.mostAnswers,
      onProgress: stoppableProgress(session),
    }),
  );
  const json = { policyHash: policies.policy.hash, rubric: rubric.id, seed, ...comparison };
  return { json, text: toText(comparison, rubric) };
}

function chosenRubric(
  rubrics: CheckedInputs['rubrics'],
  { rubricHash }: ComparedPolicies,
  { rubric: id, runFile }: EvalOptions,
): Rubric {
  const wanted = (rubric: Rubric): boolean =>
    id === undefined ? rubricHash === undefined || rubric.hash === rubricHash : rubric.id === id;
  const rubric = rubrics.find(wanted);
  if (rubric !== undefined) return rubric;
  throw new BadInputError({
    source: runFile,
    place: 'rubric',
    found: id === undefined ? `no rubric ${rubricHash ?? ''}, which the run ended under` : JSON.stringify(id),
    allowed: `--rubric with one of ${rubrics.map((known) => known.id).join(', ')}`,
  });
}

async function withModels<Value>(
  workers: number,
  work: (models: { engines: readonly Engine[]; trainer: EmbeddedTrainer }) => Promise<Value>,
): Promise<Value> {
  const trainer = EmbeddedTrainer.create({ threads: TRAINER_THREADS });
  const engines = await Promise.all(Array.from({ length: workers }, () => EmbeddedEngine.open()));
  try {
    return await work({ engines, trainer });
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    await trainer.close();
  }
}

function toText({ n, kl, rubricScore, winRate }: BestOfNComparison, rubric: Rubric): string {
  const interval = ({ value, low, high }: IntervalEstimate): string =>
    `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  const rows = [
    ['reference', '0', interval(rubricScore.reference), '-'],
    ['policy', interval(kl.policy), interval(rubricScore.policy), interval(winRate.policy)],
    [`best of ${n}`, kl.bestOfN.toFixed(3), interval(rubricScore.bestOfN), interval(winRate.bestOfN)],
  ];
  return [
    formatTable(['', 'KL in nats per answer', `mean of ${rubric.id}'s rules`, 'wins over reference'], rows),
    '',
    `policy minus best of ${n}, wins: ${interval(winRate.policyMinusBestOfN)}, over ${winRate.policy.n} held-out prompts`,
    `Best-of-n picks by the rubric's rules; the control judge, which counts the wins, shares nothing with them.`,
  ].join('\n');
}
