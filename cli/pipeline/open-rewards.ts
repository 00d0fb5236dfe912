import { join } from 'node:path';
import { compileJudges } from '../../core/config/judges-options.js';
import { servingLocale } from '../../core/domain/locale.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import { createRng } from '../../core/math/rng.js';
import type { TrainerCall } from '../../core/trainer/trainer.js';
import { readRubricSet } from '../control/stored-rubric-sets.js';
import { readStoredRubric } from '../control/stored-rubrics.js';
import type { AskedJudges } from '../judges/asked-judges.js';
import { recordVerdicts } from '../judges/verdict-record.js';
import { judgeAllPairs } from './judged-pairs.js';
import { LocaleRewards, type Rewards } from './locale-rewards.js';
import { samplePolicyPairs, type PolicyPairs, type PolicyPairsPlan } from './policy-pairs.js';
import type { PrepareOptions } from './prepare-options.js';
import { createRewardForm } from './reward-forms/create-reward-form.js';
import { RewardPlane, type RewardPlaneInputs } from './reward-plane.js';
import { RewardSetStore } from './reward-set-store.js';
import { RewardStore } from './reward-store.js';
import type { RunInputs, RunLocale } from './run-inputs.js';
import { rubricsOf } from './run-rubrics.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';
import type { Workspace } from './workspace.js';

/** What rewards are opened over. */
export interface RewardParts {
  readonly inputs: RunInputs;
  readonly options: PrepareOptions;
  readonly checkpoint: SupervisedCheckpoint;
  readonly call: TrainerCall;
  readonly prompts: readonly TokenizedPrompt[];
  readonly sampling: SamplingSettings;
}

export interface OpenedRewards {
  readonly rewards: Rewards;
  /** Sampled answers that the token limit cut inside a character. */
  readonly cutAnswers: number;
}

/** One after the other. */
type InTurn = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** A locale's own part of what is sampled and judged. */
interface LocaleShare {
  readonly served: RunLocale;
  readonly plan: Omit<PolicyPairsPlan, 'engines' | 'rng'>;
  readonly first: PolicyPairs;
}

interface PlaneParts {
  readonly share: LocaleShare;
  readonly turns: InTurn;
  readonly asked: AskedJudges;
}

/** Answers per prompt that rewards are centred and scaled on. */
const REFERENCES_PER_PROMPT = 1;

/** Samples the checkpoint's answers to every prompt and opens a reward plane over those of each locale. */
export async function openRewards(workspace: Workspace, parts: RewardParts): Promise<OpenedRewards> {
  const { inputs, options } = parts;
  const shares = await sampleShares(parts);
  const answers = shares.flatMap(({ first }) => first.sampled.flatMap((sampled) => sampled.answers));
  const cutAnswers = answers.filter(({ cutCharacter }) => cutCharacter).length;
  const turns = inTurns();
  // People label pairs of every locale; which of them are judged together is none of their mistakes.
  const ids = shares.flatMap(({ first }) => first.pairs.pairs.map(({ id }) => id));
  const among: AskedJudges['among'] = (known) => options.asked.among(new Set([...known, ...ids]));
  const asked = { ...options.asked, among };
  const planes = shares.map((share) => {
    const plane = new RewardPlane(planeInputs(workspace, parts, { share, turns, asked }));
    return [share.served.locale, plane] as const;
  });
  if (inputs.locales.length === 1) return { rewards: planes[0][1], cutAnswers };
  const { first, swapped = first } = options.rubrics;
  const rewards = new LocaleRewards({
    planes: new Map(planes),
    findSet: async (hash) =>
      [first, swapped].find((set) => set.hash === hash) ?? readRubricSet(workspace.folder, hash),
    scorer: workspace.scorer,
    store: new RewardSetStore(join(options.directory, 'rewards', 'sets')),
  });
  return { rewards, cutAnswers };
}

async function sampleShares({
  inputs,
  options,
  checkpoint,
  prompts: all,
  sampling,
}: RewardParts): Promise<LocaleShare[]> {
  const { config, locales } = inputs;
  const { engines, onProgress } = options;
  const tags = locales.map(({ locale }) => locale);
  const shares: LocaleShare[] = [];
  let answered = 0;
  for (const served of locales) {
    const { locale, profile } = served;
    const prompts = all.filter(({ prompt }) => servingLocale(prompt.locale, tags) === locale);
    const plan = { ...config.preferences, prompts, sampling, profile, tokenizer: checkpoint.tokenizer };
    const before = answered;
    const first = await samplePolicyPairs(checkpoint.policy, {
      ...{ ...plan, engines, rng: createRng(config.seed).fork('pairs') },
      onAnswered: (done) => {
        onProgress({ stage: 'answers', done: before + done, all: all.length, unit: 'prompts' });
      },
    });
    answered += prompts.length;
    shares.push({ served, plan, first });
  }
  return shares;
}

function planeInputs(
  { folder, trainer, scorer }: Workspace,
  { inputs, options, checkpoint, call }: RewardParts,
  { share, turns, asked }: PlaneParts,
): RewardPlaneInputs {
  const { config } = inputs;
  const { refreshEngine, directory, onProgress, signal } = options;
  const { served, plan, first } = share;
  const { locale, profile } = served;
  const form = createRewardForm(config, { profile, trainer, call, checkpoint });
  return {
    ...{ config, locale, profile, form, scorer, onProgress, signal },
    encode: first.encode,
    references: first.sampled.map(({ prompt, answers }) => ({
      prompt: prompt.prompt,
      promptTokenIds: prompt.tokenIds,
      answers: answers.slice(0, REFERENCES_PER_PROMPT),
    })),
    pairs: first.pairs.pairs,
    judge: async (rubric, pairs, name) => {
      const judging = { rubric, profile, gold: inputs.goldPairs, asked, seed: config.seed };
      const judged = await judgeAllPairs({ ...judging, judges: compileJudges(config.judges) }, pairs, {
        signal,
        onProgress: (done) => {
          onProgress({ stage: `judging ${name}`, done, all: pairs.length, unit: 'pairs' });
        },
      });
      await recordVerdicts(directory, { id: name, hash: rubric.hash }, judged.askedVerdicts);
      return judged;
    },
    ...(refreshEngine === undefined
      ? {}
      : {
          sample: (policy) =>
            turns(() => {
              const rng = createRng(config.seed).fork('pairs').fork(`policy/${policy.hash}`);
              return samplePolicyPairs(policy, { ...plan, engines: [refreshEngine], rng });
            }),
        }),
    rubrics: rubricsOf(options.rubrics),
    findRubric: (hash) => readStoredRubric(folder, hash),
    store: new RewardStore(join(directory, 'rewards'), form),
  };
}

/** One call after the other: one engine serves them all, and whose turn it is changes no answer. */
function inTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
}
