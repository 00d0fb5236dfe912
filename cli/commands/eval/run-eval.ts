import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import type { Engine } from '../../../core/engine/engine.js';
import { servingLocale } from '../../../core/domain/locale.js';
import type { Prompt } from '../../../core/domain/prompt.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { createRng } from '../../../core/math/rng.js';
import { readModelDirectory } from '../../../core/network/model-directory/read-model-directory.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { createAnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { rubricSet, type RubricSet } from '../../../reward/rubric/rubric-set.js';
import { fitControlJudges, judgeFor } from '../../pipeline/control-judges.js';
import type { RunInputs } from '../../pipeline/run-inputs.js';
import { formatTable } from '../../terminal/format-table.js';
import { readCheckedInputs, type CheckedInputs } from '../run/read-checked-inputs.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import {
  compareWithBestOfN,
  type BestOfNComparison,
  type ComparisonInputs,
} from './compare-with-best-of-n.js';
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
  const rubrics = chosenRubrics(checked.rubrics, policies, options);
  const tokenizer = await openChatTokenizer(policies.reference.location);
  const { config: model } = await readModelDirectory(policies.reference.location);
  const { config } = checked.inputs;
  const tags = rubrics.members.map(({ locale }) => locale);
  const isServed = ({ locale }: Prompt): boolean => servingLocale(locale, tags) !== undefined;
  const heldOutPrompts = checked.inputs.heldOutPrompts.filter(isServed);
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
      judging: judgingUnder(rubrics, checked.inputs),
      mostAnswers: options.mostAnswers,
      onProgress: stoppableProgress(session),
    }),
  );
  const rubric = rubrics.members.map((member) => member.rubric.id).join('+');
  const json = { policyHash: policies.policy.hash, rubric, seed, ...comparison };
  return { json, text: toText(comparison, rubric) };
}

/** What the run ended under, or the one rubric that is asked for: of several locales, that one alone is evaluated then. */
function chosenRubrics(
  { first, swapped }: CheckedInputs['rubrics'],
  { rubricHash }: ComparedPolicies,
  { rubric: id, runFile }: EvalOptions,
): RubricSet {
  const sets = swapped === undefined ? [first] : [first, swapped];
  const members = sets.flatMap((set) => set.members);
  const member = members.find(({ rubric }) => rubric.id === id);
  if (member !== undefined) return rubricSet([member]);
  const set = sets.find(({ hash }) => rubricHash === undefined || hash === rubricHash);
  if (id === undefined && set !== undefined) return set;
  throw new BadInputError({
    source: runFile,
    place: 'rubric',
    found: id === undefined ? `no rubric ${rubricHash ?? ''}, which the run ended under` : JSON.stringify(id),
    allowed: `--rubric with one of ${[...new Set(members.map(({ rubric }) => rubric.id))].join(', ')}`,
  });
}

function judgingUnder({ members }: RubricSet, inputs: RunInputs): ComparisonInputs['judging'] {
  const judges = fitControlJudges(
    inputs,
    members.map(({ rubric }) => rubric),
  );
  const profiles = new Map(inputs.locales.map(({ locale, profile }) => [locale, profile]));
  const byLocale = new Map(
    members.flatMap(({ locale, rubric }) => {
      const profile = profiles.get(locale);
      if (profile === undefined) return [];
      const scoreAnswer = createAnswerScorer(rubric, profile);
      return [[locale, { rubric, scoreAnswer, judge: judgeFor(judges, rubric) }] as const];
    }),
  );
  const tags = [...byLocale.keys()];
  return ({ locale }) => {
    const judging = byLocale.get(servingLocale(locale, tags) ?? '');
    if (judging !== undefined) return judging;
    throw new MajlisError(`no rubric serves ${locale}`, { code: 'internal' });
  };
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

function toText({ n, kl, rubricScore, winRate }: BestOfNComparison, rubric: string): string {
  const interval = ({ value, low, high }: IntervalEstimate): string =>
    `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  const rows = [
    ['reference', '0', interval(rubricScore.reference), '-'],
    ['policy', interval(kl.policy), interval(rubricScore.policy), interval(winRate.policy)],
    [`best of ${n}`, kl.bestOfN.toFixed(3), interval(rubricScore.bestOfN), interval(winRate.bestOfN)],
  ];
  return [
    formatTable(['', 'KL in nats per answer', `mean of ${rubric}'s rules`, 'wins over reference'], rows),
    '',
    `policy minus best of ${n}, wins: ${interval(winRate.policyMinusBestOfN)}, over ${winRate.policy.n} held-out prompts`,
    `Best-of-n picks by the rubric's rules; the control judge, which counts the wins, shares nothing with them.`,
  ].join('\n');
}
