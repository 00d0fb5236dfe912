import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatMessage } from '../../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { awkwardTexts, corpus } from '../../fixtures/tokenizer/corpus.js';
import { CHATML_TEMPLATE, TURNS_TEMPLATE } from '../../support/hugging-face-directory.js';
import { describeWithPython, runPython } from '../../support/python.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const oracle = join(__dirname, 'chat-tokenizer-oracle.py');
const folder = useLastingFolder();

interface Answers {
  readonly ids: readonly (readonly number[])[];
  readonly texts: readonly string[];
  readonly vocabulary: number;
}

const KINDS = [
  ['qwen', CHATML_TEMPLATE],
  ['llama 3', CHATML_TEMPLATE],
  ['gemma', TURNS_TEMPLATE],
  ['llama 2', TURNS_TEMPLATE],
] as const;

/** Python's `strip` and JavaScript's `trim`, which stand behind a template's `trim`, disagree on these (docs/engines.md). */
const FOREIGN_SPACE = /^[\u0085\ufeff]|[\u0085\ufeff]$/;

function questions(language: string): string[] {
  const lines = readFileSync(sharedData(`vicuna80_${language}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { text: string }).text);
}

function asked(text: string): ChatMessage[] {
  return [{ role: 'user', content: text }];
}

interface Job {
  readonly kind: string;
  readonly template: string;
  readonly directory: string;
  readonly texts: readonly string[];
  readonly conversations: readonly (readonly ChatMessage[])[];
}

function jobsOf(name: string, conversationsFor: (template: string) => Job['conversations']): Job[] {
  return KINDS.map(([kind, template]) => {
    const conversations = conversationsFor(template);
    const texts = [
      ...corpus,
      ...conversations.flatMap((turns) => turns.map(({ content }) => content)).slice(0, 120),
    ];
    return { kind, template, directory: join(folder(), `${kind} ${name}`), texts, conversations };
  });
}

/** Trains, saves and asks Transformers in one go, since it takes seconds to start; then the same directories are opened here. */
async function expectSameIds(jobs: readonly Job[]): Promise<void> {
  const answers = JSON.parse(runPython(oracle, [], JSON.stringify(jobs))) as Answers[];
  for (const [at, { directory, conversations }] of jobs.entries()) {
    const tokenizer = await openChatTokenizer(directory);
    expect(tokenizer.vocabSize).toBe(answers[at].vocabulary);
    conversations.forEach((messages, place) => {
      const ids = tokenizer.renderPrompt(messages);
      const { text } = tokenizer.decodeAnswer(ids);
      const expected = { ids: answers[at].ids[place], text: answers[at].texts[place] };
      expect({ directory, messages, ids, text }).toEqual({ directory, messages, ...expected });
    });
  }
}

describeWithPython('the ids of apply_chat_template in Transformers', () => {
  it("are those of tokenizers like Qwen's, Gemma's and both Llamas', for awkward texts and several turns", async () => {
    const turns = corpus.map((text, at): ChatMessage[] => [
      ...asked(text),
      { role: 'assistant', content: corpus[(at + 3) % corpus.length] },
      ...asked(corpus[(at + 5) % corpus.length]),
    ]);
    const trimmed = awkwardTexts.filter((text) => !FOREIGN_SPACE.test(text));
    expect(trimmed.length).toBeGreaterThan(10);
    const jobs = jobsOf('awkward', (template) => [
      ...(template === TURNS_TEMPLATE ? trimmed : awkwardTexts).map(asked),
      ...turns,
    ]);
    await expectSameIds(jobs);
  }, 120_000);

  describeWithSharedData('on Vicuna-80', 'vicuna80_Arabic.jsonl', () => {
    it('are the same in Arabic and Korean', async () => {
      const conversations = ['Arabic', 'Korean'].flatMap(questions).map(asked);
      expect(conversations).toHaveLength(160);
      await expectSameIds(jobsOf('vicuna', () => conversations));
    }, 120_000);
  });
});
