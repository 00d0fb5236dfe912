import { isOwnModel, type OwnModel } from '../../../core/config/model-options.js';
import type { RunConfig } from '../../../core/config/run-config.js';
import { gptParameters, elementCount } from '../../../core/network/gpt/gpt-parameters.js';
import { needsCritic, type AlgorithmOptions } from '../../../coordinator/algorithm-options.js';

/** What the amount of a run's work follows from. */
export interface RunSize {
  readonly config: RunConfig;
  readonly algorithm: AlgorithmOptions;
  /** Training prompts. */
  readonly prompts: number;
  readonly heldOutPrompts: number;
  /** Mean length of a training prompt, in characters. */
  readonly promptCharacters: number;
  /** Rubrics that the run judges under, each with a reward model. */
  readonly rubrics: number;
  /** How many of them judge a pair, on average: of several locales, those of its own. */
  readonly rubricsPerPair: number;
  /** Judges in the panel that run in this process. */
  readonly localJudges: number;
  /** Language models in the panel. */
  readonly askedJudges: number;
  /** What each of them is asked about a pair on average, over all rubrics, in both orders or fewer. */
  readonly questions: number;
  readonly workers: number;
  readonly cores: number;
}

/** What a run will do, and what that takes. Counts follow from the run file; memory and time are estimates from above. */
export interface RunEstimate {
  /** Rollout tasks; one is one prompt group. */
  readonly tasks: number;
  /** Answers in those tasks. */
  readonly answers: number;
  /** At most: pairs of equal answers are left out. */
  readonly pairs: number;
  /** Every judge, every rubric; at most. */
  readonly judgeCalls: number;
  /** Those of them that go to language models, without repairs and retries. */
  readonly endpointCalls: number;
  /** Of a model of the run's own, in this process; absent where it is another's, whose rates were not measured. */
  readonly compute?: {
    readonly parameters: number;
    readonly memoryBytes: number;
    /** Without the endpoint's own time. */
    readonly seconds: number;
  };
}

/**
 * Tokens per second on one thread of the two-core machine that Majlis is developed on, for a model of
 * `MEASURED_PARAMETERS`: medians of the embedded engine and trainer, measured beside PyTorch.
 */
export const MEASURED_RATES = { sampled: 15_000, trained: 12_000, scored: 60_000 } as const;
const MEASURED_PARAMETERS = 0.93e6;

/** 0.4 to 0.8 were measured in Arabic and Korean with vocabularies of 768. */
const TOKENS_PER_CHARACTER = 0.6;
const TRAINER_THREADS = 2;
const ORDERS = 2;
const BYTES_PER_FLOAT = 4;
/** Weights, gradient and Adam's two moments. */
const FLOATS_PER_TRAINED_PARAMETER = 4;
/** Node, ONNX Runtime's libraries and the thread's own heaps, as measured at rest. */
const PROCESS_BYTES = 350e6;

/** Counts a run's work and prices it with the measured rates; an answer is taken to be as long as it may be. */
export function estimateRun(size: RunSize): RunEstimate {
  const { config, algorithm, prompts, rubricsPerPair, localJudges, askedJudges, questions } = size;
  const tasks = algorithm.iterations * algorithm.promptsPerIteration;
  const pairs = prompts * config.preferences.pairsPerPrompt;
  const endpointCalls = Math.round(pairs * askedJudges * questions);
  return {
    tasks,
    answers: tasks * algorithm.groupSize,
    pairs,
    judgeCalls: Math.round(pairs * rubricsPerPair * localJudges * ORDERS) + endpointCalls,
    endpointCalls,
    ...computeOf(size),
  };
}

function computeOf(size: RunSize): Pick<RunEstimate, 'compute'> {
  const { model, trainer, engine } = size.config;
  if (!isOwnModel(model) || trainer !== undefined || engine !== undefined) return {};
  const own = { ...size, model };
  const memoryBytes = Math.round(memoryOf(own));
  return { compute: { parameters: parametersOf(own), memoryBytes, seconds: Math.ceil(secondsOf(own)) } };
}

interface OwnRunSize extends RunSize {
  readonly model: OwnModel;
}

function parametersOf({ model }: OwnRunSize): number {
  return gptParameters(model).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Prompt and longest answer, in tokens. */
function sequenceTokens({ config, promptCharacters }: RunSize): number {
  const { maxNewTokens } = config.sampling;
  const longestPrompt = config.model.contextLength - maxNewTokens;
  return Math.min(promptCharacters * TOKENS_PER_CHARACTER, longestPrompt) + maxNewTokens;
}

function secondsOf(size: OwnRunSize): number {
  const { config, algorithm, prompts, heldOutPrompts, rubrics, workers, cores } = size;
  const { supervised, preferences, rewardModel, sampling } = config;
  const length = sequenceTokens(size);
  const answers = algorithm.iterations * algorithm.promptsPerIteration * algorithm.groupSize;
  const trainedModels = needsCritic(algorithm) ? 2 : 1;
  const sampled = prompts * preferences.answersPerPrompt + answers + 2 * heldOutPrompts;
  const trained =
    supervised.steps * supervised.sequencesPerStep +
    rubrics * rewardAnswers(rewardModel) +
    answers * algorithm.epochs * trainedModels;
  const scored = answers * (trainedModels + 1) + 6 * heldOutPrompts;
  const samplingThreads = Math.min(workers, cores);
  const trainingThreads = Math.min(TRAINER_THREADS, cores);
  const seconds =
    (sampled * sampling.maxNewTokens) / (MEASURED_RATES.sampled * samplingThreads) +
    (trained * length) / (MEASURED_RATES.trained * trainingThreads) +
    (scored * length) / (MEASURED_RATES.scored * trainingThreads);
  return (seconds * parametersOf(size)) / MEASURED_PARAMETERS;
}

/** Answers that the trainer learns a reward model from; the light form is fitted in the time of a few steps, elsewhere. */
function rewardAnswers(options: RunConfig['rewardModel']): number {
  return options.form === 'light' ? 0 : options.steps * options.pairsPerStep * 2;
}

function memoryOf(size: OwnRunSize): number {
  const { config, algorithm, rubrics, workers } = size;
  const rewardNetworks = config.rewardModel.form === 'light' ? 0 : rubrics;
  const trained = (needsCritic(algorithm) ? 2 : 1) + rewardNetworks;
  const frozen = 2 + workers;
  const weights = parametersOf(size) * BYTES_PER_FLOAT * (trained * FLOATS_PER_TRAINED_PARAMETER + frozen);
  return PROCESS_BYTES + weights + TRAINER_THREADS * activationBytes(size);
}

/**
 * Activations that one thread keeps for the backward pass of a micro-batch: per token and layer w(34 + 5aL/w) values of
 * 16 bits (Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", eq. 2), here of 32
 * bits, and three rows of the vocabulary for the loss.
 */
function activationBytes(size: OwnRunSize): number {
  const { layers, width, heads, vocabSize } = size.model;
  const length = sequenceTokens(size);
  const perLayer = 2 * width * (34 + (5 * heads * length) / width);
  const perToken = layers * perLayer + 3 * BYTES_PER_FLOAT * vocabSize;
  return size.algorithm.sequencesPerMicroBatch * length * perToken;
}
