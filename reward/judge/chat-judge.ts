import type { Outcome, PairScore } from '../../core/domain/verdict.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import { appliesTo } from '../rubric/applies-to.js';
import { LONGEST_TEXT, refuseLongPair } from './answer-limits.js';
import { askLanguageModel, type Asked, type Asking } from './ask-language-model.js';
import type { ChatClient } from './chat-call.js';
import type { CriteriaRequest } from './criteria-request.js';
import type { JudgeMode, ReplyReading } from './judge-mode.js';
import type { JudgePrompt, ShownAnswer } from './judge-prompt.js';
import type { Judge, JudgeRequest } from './judge.js';
import { checklistMode } from './modes/checklist-mode.js';
import { pairwiseMode } from './modes/pairwise-mode.js';
import { pointwiseMode } from './modes/pointwise-mode.js';
import { decideWithoutCall } from './non-answer.js';
import { optionProbabilities } from './option-probabilities.js';
import type { ReplyField } from './reply-contract.js';
import { english } from './texts/english.js';
import type { JudgeModeName, JudgeTexts } from './texts/judge-texts.js';
import { textsFor } from './texts/texts-for.js';
import { verdictOf } from './verdict-of.js';

/**
 * Where a verdict's confidence comes from. `samples` asks `count` times at a temperature and counts the choices: one
 * sample at temperature 0 is a plain verdict. `log_probabilities` asks once and reads them at the token that decides.
 */
export type Confidence =
  | { readonly kind: 'samples'; readonly count: number; readonly temperature: number }
  | { readonly kind: 'log_probabilities' };

export interface ChatJudgeOptions {
  readonly id: string;
  readonly client: ChatClient;
  /** Model name and, where there is one, revision: part of the fingerprint, not of the call. */
  readonly model: string;
  readonly family?: string;
  /** `pairwise` by default. */
  readonly mode?: JudgeModeName;
  /** One sample at temperature 0 by default. */
  readonly confidence?: Confidence;
  /** English, the default, or the language of the rubric's locale. */
  readonly language?: 'en' | 'locale';
  /** What a unanimous pairwise choice of samples is worth before calibration; 0.9 by default. */
  readonly decisiveProbability?: number;
  readonly contextTokens?: number;
  /** Counts a text's tokens; an estimate by default. */
  readonly tokensOf?: (text: string) => number;
  readonly maxReplyTokens?: number;
  /** Longest prompt or answer, in UTF-16 units; 100,000 by default. */
  readonly longestText?: number;
  /** Mixed into every nonce. */
  readonly nonceKey?: string;
}

/** Raised when the layout of the prompt or the reading of replies changes; wording has its own hash. */
const PROMPT_VERSION = 3;
const MODES: Readonly<Record<JudgeModeName, JudgeMode>> = {
  pairwise: pairwiseMode,
  pointwise: pointwiseMode,
  checklist: checklistMode,
};
const PLAIN: Confidence = { kind: 'samples', count: 1, temperature: 0 };
const NONCE_LENGTH = 16;

/**
 * A language model as a judge. Pairs that need no judge are decided without a call; too long ones are refused before it.
 * A verdict needs every one of its replies: where one failed or kept breaking the contract, that is the outcome, and no
 * number. The same question always makes the same calls.
 */
export function createChatJudge(options: ChatJudgeOptions): Judge {
  const { id, family, confidence = PLAIN, longestText = LONGEST_TEXT } = options;
  const mode = MODES[options.mode ?? 'pairwise'];
  const endpoint = { knowsFormats: true };
  const fingerprint = fingerprintOf(options, mode, confidence);
  const outcomeOf = async (request: JudgeRequest, signal?: AbortSignal): Promise<Outcome<PairScore>> => {
    const decided = refuseLongPair(request.pair, longestText) ?? decideWithoutCall(request.pair);
    if (decided !== undefined) return decided;
    const criteria = criteriaOf(request);
    if (criteria.length === 0 && request.rubric.criteria.length > 0) {
      return { kind: 'abstained', reason: 'nothing that is asked about applies to the prompt' };
    }
    const texts = options.language === 'locale' ? textsFor(request.rubric.locale) : english;
    if (texts === undefined) {
      return {
        kind: 'abstained',
        reason: `there is no judge's prompt in the language of ${request.rubric.locale}`,
      };
    }
    const asking = { ...options, endpoint, ...(signal === undefined ? {} : { signal }) };
    return judgeBy(mode, { ...request, criteria }, { asking, confidence, texts, options });
  };
  return {
    id,
    kind: 'language_model',
    fingerprint,
    orderBlind: mode.orderBlind,
    ...(family === undefined ? {} : { family }),
    judge: async (request, signal) => verdictOf(id, request, await outcomeOf(request, signal)),
  };
}

interface Judging {
  readonly asking: Omit<Asking, 'sampling'>;
  readonly confidence: Confidence;
  readonly texts: JudgeTexts;
  readonly options: ChatJudgeOptions;
}

async function judgeBy(
  mode: JudgeMode,
  request: CriteriaRequest,
  judging: Judging,
): Promise<Outcome<PairScore>> {
  const fields = mode.fields(request);
  const replies = await Promise.all(
    mode.questions(request).map((answers) => {
      const callId = callNonce(mode, request, { answers, judging });
      const contract = { callId, fields };
      return readQuestion({ request, mode: mode.name, answers, contract, texts: judging.texts }, judging);
    }),
  );
  const readings: ReplyReading[] = [];
  for (const reply of replies) {
    if (reply.kind === 'unanswered') return reply.outcome;
    readings.push(reply.reading);
  }
  const score = mode.score(readings, request);
  if (score === undefined) {
    return {
      kind: 'abstained',
      reason: `the criteria asked about do not decide rubric ${request.rubric.id}`,
    };
  }
  if (judging.confidence.kind === 'log_probabilities' || mode.name !== 'pairwise')
    return { kind: 'scored', score };
  return {
    kind: 'scored',
    score: { ...score, probabilityFirst: soften(score.probabilityFirst, judging.options) },
  };
}

/** The criterion asked about, or those of the rubric, as far as they apply to the prompt. */
function criteriaOf({ pair, rubric, criterion }: JudgeRequest): CriteriaRequest['criteria'] {
  const asked = criterion === undefined ? rubric.criteria : [criterion];
  return asked.filter((each) => appliesTo(each, pair.prompt));
}

type QuestionReading =
  { readonly kind: 'read'; readonly reading: ReplyReading } | Extract<Asked, { kind: 'unanswered' }>;

/** One question, asked as often as the confidence wants it. */
async function readQuestion(
  prompt: JudgePrompt,
  { asking, confidence, options }: Judging,
): Promise<QuestionReading> {
  const { fields } = prompt.contract;
  const maxTokens = options.maxReplyTokens === undefined ? {} : { maxTokens: options.maxReplyTokens };
  if (confidence.kind === 'log_probabilities') {
    const sampling = { temperature: 0, topLogProbs: alternativesFor(fields), ...maxTokens };
    return readLogProbs(await askLanguageModel(prompt, { ...asking, sampling }), fields);
  }
  const { count, temperature } = confidence;
  const samples = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const seed = count === 1 ? {} : { seed: index };
      return askLanguageModel(prompt, { ...asking, sampling: { temperature, ...seed, ...maxTokens } });
    }),
  );
  return readSamples(samples, fields);
}

function readLogProbs(asked: Asked, fields: readonly ReplyField[]): QuestionReading {
  if (asked.kind === 'unanswered') return asked;
  const reading: Record<string, readonly number[]> = {};
  for (const field of fields) {
    const probabilities = optionProbabilities(asked.content, asked.logProbs ?? [], field);
    if (probabilities === undefined) {
      const reason = `the endpoint gave no log-probabilities that fit ${JSON.stringify(field.name)}`;
      return { kind: 'unanswered', outcome: { kind: 'judge_failed', reason, retryable: false } };
    }
    reading[field.name] = probabilities;
  }
  return { kind: 'read', reading };
}

function readSamples(samples: readonly Asked[], fields: readonly ReplyField[]): QuestionReading {
  const counts = fields.map(({ name, options }) => ({ name, shares: options.map(() => 0) }));
  for (const sample of samples) {
    if (sample.kind === 'unanswered') return sample;
    for (const { name, shares } of counts) shares[sample.choices[name]] += 1 / samples.length;
  }
  return { kind: 'read', reading: Object.fromEntries(counts.map(({ name, shares }) => [name, shares])) };
}

/** Draws a share of choices towards ½, so that all for one is `decisive` and all for the other 1 − `decisive`. */
function soften(share: number, { decisiveProbability = 0.9 }: ChatJudgeOptions): number {
  return 1 - decisiveProbability + (2 * decisiveProbability - 1) * share;
}

/** Several tokens can spell an option; endpoints report 20 at most. */
function alternativesFor(fields: readonly ReplyField[]): number {
  return Math.min(20, 4 + 2 * Math.max(...fields.map(({ options }) => options.length)));
}

/**
 * The fence and the reply's id of one question: a hash of all that it shows. Its author could know it only by writing a
 * text that holds the hash of itself.
 */
function callNonce(
  mode: JudgeMode,
  { pair, rubric, criterion }: JudgeRequest,
  { answers, judging }: { readonly answers: readonly ShownAnswer[]; readonly judging: Judging },
): string {
  const { options, texts } = judging;
  const shown = answers.map(({ text }) => text);
  const asked = [mode.name, texts.language, rubric.hash, criterion?.hash ?? null, pair.prompt.text, shown];
  return contentHash([options.nonceKey ?? '', PROMPT_VERSION, asked]).slice(0, NONCE_LENGTH);
}

function fingerprintOf(options: ChatJudgeOptions, mode: JudgeMode, confidence: Confidence): string {
  const { id, model, language = 'en', decisiveProbability = 0.9 } = options;
  // The context decides whether exemplars are shown.
  const { maxReplyTokens = null, contextTokens = null } = options;
  const wording = language === 'en' ? english : ['ar', 'en', 'ja', 'ko'].map(textsFor);
  const prompt = [PROMPT_VERSION, mode.name, contentHash(wording), options.nonceKey ?? ''];
  return contentHash({ id, model, prompt, confidence, decisiveProbability, maxReplyTokens, contextTokens });
}
