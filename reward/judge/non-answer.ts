import type { AnswerPair } from '../../core/domain/preference.js';
import type { Outcome, PairScore } from '../../core/domain/verdict.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { foldedText } from './folded-text.js';
import { withoutHidden } from './hidden-characters.js';

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** P(the answer wins) over what is no answer: sure, and inside the range that fusion clips logits to. */
const DECIDED = 0.98;

/**
 * Openers that announce an answer and give none. Alone they have passed for right answers with model-based judges
 * ("One Token to Fool LLM-as-a-Judge", arXiv 2507.08794); folded, in English, Arabic, Korean, Japanese, Chinese and
 * Spanish. The colon and other punctuation do not count.
 */
const MASTER_KEYS: ReadonlySet<string> = new Set(
  [
    'thought process',
    'my thought process',
    'reasoning',
    'reasoning process',
    'solution',
    'the solution',
    'answer',
    'the answer',
    'final answer',
    'the final answer is',
    "let's solve this problem step by step",
    "let's think step by step",
    'step by step',
    'sure',
    "sure here's the answer",
    'عملية التفكير',
    'طريقة التفكير',
    'الحل',
    'الإجابة',
    'الجواب',
    'الإجابة النهائية',
    'لنحل هذه المسألة خطوة بخطوة',
    'لنفكر خطوة بخطوة',
    'خطوة بخطوة',
    '사고 과정',
    '생각 과정',
    '풀이',
    '풀이 과정',
    '해설',
    '정답',
    '답변',
    '최종 답변',
    '단계별로 풀어 봅시다',
    '단계별로 생각해 봅시다',
    '思考過程',
    '解',
    '解答',
    '解説',
    'かいせつ',
    'respuesta',
  ].map(keyOf),
);
const ANY_WORD = /[\p{L}\p{M}\p{N}]/u;
/** A word of so many letters stays one however it is folded. */
const SURE_WORD = /[\p{L}\p{M}\p{N}]{3,}/gu;
const LONGEST_KEY = Math.max(...[...MASTER_KEYS].map((key) => key.split(' ').length));
/** A line of so few words that ends in a colon announces something that does not come. */
const LONGEST_OPENER = 6;

/** Why a text is no answer to the prompt, for a person; undefined where it may be one. Costs no call. */
export function nonAnswer(prompt: Prompt, answer: string): string | undefined {
  const text = withoutHidden(answer).trim();
  const words = wordsOf(text);
  if (words.length === 0) return text === '' ? 'is empty' : 'has no letter or digit';
  if (text.includes('\uFFFD')) return 'holds broken characters';
  if (announcesOnly(text)) return 'announces an answer and gives none';
  if (copies(words, wordsOf(withoutHidden(prompt.text)))) return 'is a copy of the prompt';
  return undefined;
}

/** True when every line of the text is an opener: a master key, or a few words before a colon and nothing after it. */
export function announcesOnly(text: string): boolean {
  const lines = text.split(/\n+/u).filter((line) => ANY_WORD.test(line));
  return lines.length > 0 && lines.every((line) => isOpener(line.trim()));
}

function isOpener(line: string): boolean {
  if (isLongerThanKeys(line)) return false;
  return MASTER_KEYS.has(keyOf(line)) || (/[:：]$/u.test(line) && wordsOf(line).length <= LONGEST_OPENER);
}

/** Folding closes up single letters and nothing else, so that words of more letters stay as many as they are. */
function isLongerThanKeys(line: string): boolean {
  SURE_WORD.lastIndex = 0;
  for (let words = 0; words <= LONGEST_KEY; words += 1) if (!SURE_WORD.test(line)) return false;
  return true;
}

function keyOf(text: string): string {
  return wordsOf(foldedText(text)).join(' ');
}

/** The prompt word for word, once or over and over. */
function copies(answer: readonly string[], prompt: readonly string[]): boolean {
  if (prompt.length === 0 || answer.length % prompt.length !== 0) return false;
  return answer.every((word, at) => word.toLowerCase() === prompt[at % prompt.length].toLowerCase());
}

/**
 * The outcome of a pair that needs no judge: an answer wins over what is none, equal answers tie, and of two that are
 * no answers nobody can say anything. Undefined where a judge has to be asked.
 */
export function decideWithoutCall({ prompt, first, second }: AnswerPair): Outcome<PairScore> | undefined {
  const [firstFault, secondFault] = [nonAnswer(prompt, first), nonAnswer(prompt, second)];
  if (firstFault !== undefined && secondFault !== undefined) {
    return { kind: 'abstained', reason: `the first answer ${firstFault}, and the second ${secondFault}` };
  }
  if (firstFault !== undefined) return decided(1 - DECIDED, `the first answer ${firstFault}`);
  if (secondFault !== undefined) return decided(DECIDED, `the second answer ${secondFault}`);
  if (visible(first) === visible(second)) return decided(0.5, 'the answers are the same');
  return undefined;
}

function visible(text: string): string {
  return withoutHidden(text.normalize('NFC')).trim();
}

function decided(probabilityFirst: number, rationale: string): Outcome<PairScore> {
  return { kind: 'scored', score: { probabilityFirst, rationale } };
}

/** Whatever the language: to tell whether there are any, and which, no word list is needed. */
function wordsOf(text: string): readonly string[] {
  return text.match(WORD) ?? [];
}
