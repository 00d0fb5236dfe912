import type { Environment } from '../../../core/config/environment.js';
import { readText } from '../../../core/config/read-text.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import type { ChatReply } from '../../../reward/judge/chat-call.js';
import { checkJudge, createOpenAiJudge } from '../../../reward/judge/openai-judge.js';
import type { JudgeEndpoint } from '../../judges/judge-endpoint.js';
import type { LoopOptions } from './loop-options.js';

type JudgeOptions = Pick<LoopOptions, 'judge' | 'judgeModel' | 'judgeKeyFile'>;

/** The endpoint that the flags name, if any; its key comes from the file or from OPENAI_API_KEY. */
export async function judgeEndpoint(
  { judge, judgeModel, judgeKeyFile }: JudgeOptions,
  { openAiApiKey }: Pick<Environment, 'openAiApiKey'>,
): Promise<JudgeEndpoint | undefined> {
  if (judge === undefined) {
    if (judgeModel === undefined && judgeKeyFile === undefined) return undefined;
    const flag = judgeModel === undefined ? '--judge-key-file' : '--judge-model';
    throw new BadInputError({ source: flag, found: 'no --judge beside it', allowed: '--judge URL with it' });
  }
  requireHttpUrl(judge);
  if (judgeModel === undefined) {
    throw new BadInputError({
      source: '--judge',
      found: 'no --judge-model beside it',
      allowed: '--judge-model NAME with it',
    });
  }
  const apiKey = judgeKeyFile === undefined ? openAiApiKey : (await readText(judgeKeyFile)).trim();
  return { url: judge, model: judgeModel, ...(apiKey === undefined ? {} : { apiKey }) };
}

/** Asks the endpoint one easy question before any work is done; an endpoint that wants a key is told apart. */
export async function checkEndpoint(
  endpoint: JudgeEndpoint,
  rubric: Rubric,
  signal: AbortSignal,
): Promise<void> {
  const { url, model, apiKey } = endpoint;
  let last: ChatReply | undefined;
  const judge = createOpenAiJudge({
    ...{ baseUrl: url, model, onReply: (reply) => (last = reply) },
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  const prompt = { id: 'check', locale: rubric.locale, text: 'What is the capital of France?' };
  const pair = { id: 'check', prompt, first: 'The capital of France is Paris.', second: 'I like trains.' };
  try {
    await checkJudge(judge, { pair, rubric, order: 'first_shown_first' }, signal);
  } catch (thrown) {
    if (!(thrown instanceof BadInputError)) throw thrown;
    const { found, allowed } = thrown.input;
    const remedy = wantsKey(last)
      ? 'a key that it accepts, by --judge-key-file FILE or in the variable OPENAI_API_KEY'
      : allowed;
    throw new BadInputError({ source: `judge ${url}`, found, allowed: remedy }, thrown);
  }
}

function wantsKey(reply: ChatReply | undefined): boolean {
  if (reply?.kind !== 'failed' || reply.failure.kind !== 'refused') return false;
  return [401, 403].includes(reply.failure.status);
}

function requireHttpUrl(text: string): void {
  if (URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)) return;
  const found = JSON.stringify(text);
  throw new BadInputError({ source: '--judge', found, allowed: 'an http or https URL' });
}
