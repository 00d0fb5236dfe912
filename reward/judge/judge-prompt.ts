import type { Criterion, LevelExemplar } from '../../core/domain/rubric.js';
import type { ChatMessage } from './chat-call.js';
import { visibleJson } from './hidden-characters.js';
import type { CriteriaRequest } from './criteria-request.js';
import type { ReplyContract } from './reply-contract.js';
import { replyPattern } from './reply-contract.js';
import { fillText, type JudgeModeName, type JudgeTexts } from './texts/judge-texts.js';

/** An answer as a question shows it, under the name that the reply knows it by. */
export interface ShownAnswer {
  readonly name: 'ANSWER' | 'ANSWER A' | 'ANSWER B';
  readonly text: string;
}

export interface JudgePrompt {
  readonly request: CriteriaRequest;
  readonly mode: JudgeModeName;
  readonly answers: readonly ShownAnswer[];
  readonly contract: ReplyContract;
  readonly texts: JudgeTexts;
  /** For a model that has no room for them. */
  readonly withoutExemplars?: boolean;
}

/**
 * The question to a language model. Invariant: what people and policies wrote stands inside fences that carry a nonce
 * its author could not know, each text one line of JSON with hidden characters escaped; nothing outside the fences
 * depends on it but the nonce. What is asked, and what a reply has to be, stands after it. The rubric's exemplars are its
 * author's, and stand with it; they are JSON too, so that what they quote is not read as the prompt's own words.
 */
export function judgeMessages(prompt: JudgePrompt): ChatMessage[] {
  const { request, mode, answers, contract, texts } = prompt;
  const nonce = contract.callId;
  const user = [
    ...rubricLines(prompt),
    '',
    fence('QUESTION', request.pair.prompt.text, nonce),
    ...answers.map(({ name, text }) => fence(name, text, nonce)),
    '',
    fillText(texts.fences, { nonce }),
    contractText(prompt),
  ];
  return [
    { role: 'system', content: texts.task[mode] },
    { role: 'user', content: user.join('\n') },
  ];
}

/** What is said after a reply that broke the contract, of which a little is quoted. */
export function repairMessages(reply: string, prompt: JudgePrompt): ChatMessage[] {
  const repair = fillText(prompt.texts.repair, { contract: contractText(prompt) });
  // Some endpoints refuse an empty message.
  const quoted = reply.trim() === '' ? '…' : reply;
  return [
    { role: 'assistant', content: quoted },
    { role: 'user', content: repair },
  ];
}

function contractText({ texts, mode, contract }: JudgePrompt): string {
  return fillText(texts.contract[mode], { pattern: replyPattern(contract) });
}

function rubricLines(prompt: JudgePrompt): string[] {
  const { rubric, criterion, criteria } = prompt.request;
  const heading = criterion === undefined ? prompt.texts.rubric : prompt.texts.criterion;
  return [
    fillText(heading, { title: rubric.title, locale: rubric.locale }),
    ...criteria.flatMap((each) => describe(each, prompt)),
  ];
}

function describe(criterion: Criterion, prompt: JudgePrompt): string[] {
  const { mode, texts, request } = prompt;
  const { key, kind, weight, veto, levels = [] } = criterion;
  const alone = request.criterion !== undefined;
  const marks = [
    texts.kinds[kind],
    ...(alone ? [] : [fillText(texts.weight, { weight: String(weight) })]),
    ...(veto === undefined || alone ? [] : [texts.veto]),
  ];
  const name = mode === 'checklist' ? `${key} ` : '';
  return [
    `- ${name}[${marks.join(', ')}] ${descriptionIn(criterion, texts)}`,
    ...levels.flatMap(({ level, description, exemplars }) => [
      `  - ${level}: ${description}`,
      ...(prompt.withoutExemplars === true ? [] : exemplars.map((one) => exemplarLine(one, texts))),
    ]),
  ];
}

function exemplarLine({ prompt, answer, why }: LevelExemplar, { exemplar }: JudgeTexts): string {
  const [question, shown, reason] = [prompt, answer, why].map(visibleJson);
  return `    ${exemplar}: {"question":${question},"answer":${shown},"why":${reason}}`;
}

function descriptionIn({ description, localDescription }: Criterion, { language }: JudgeTexts): string {
  return language === 'en' ? description : (localDescription ?? description);
}

function fence(name: string, text: string, nonce: string): string {
  return `<<${nonce} ${name}>>\n${visibleJson(text)}\n<<${nonce} END>>`;
}
