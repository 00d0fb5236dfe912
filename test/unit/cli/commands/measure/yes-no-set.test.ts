import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choicePoints, readChoices } from '../../../../../cli/commands/measure/yes-no-set.js';
import type { ChatTokenizer } from '../../../../../core/tokens/chat-tokenizer.js';
import { FakeTrainer } from '../../../../support/fake-trainer.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';
import type { PublishedModels } from '../../../../support/unigram-model.js';

const folder = useTemporaryFolder();

function written(lines: readonly object[]): string {
  const path = join(folder(), 'choices.jsonl');
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  return path;
}

/** Every text is one token, the number that it spells. */
const tokenizer: ChatTokenizer = {
  hash: 'numbers',
  vocabSize: 8,
  stopTokenIds: [0],
  renderPrompt: () => [1],
  renderAnswer: (text) => [Number(text)],
  tokenizePrompt: () => {
    throw new Error('not asked for');
  },
  decodeAnswer: () => ({ text: '', cutCharacter: false }),
};

describe('questions with one right answer among a few', () => {
  it('are right where the likeliest option is', async () => {
    const published: PublishedModels = new Map([
      ['base', { logits: Float64Array.of(0, 0, 0, 2, 1, 0, 0, 0) }],
    ]);
    const path = written([
      { id: 'a', question: 'x', answer: '3' },
      { id: 'b', question: 'x', answer: '4' },
      { id: 'c', question: 'x', answer: '3' },
    ]);
    const { questions, options } = await readChoices(path);
    expect(options).toEqual(['3', '4']);
    const points = await choicePoints(questions, options, {
      ...{ trainer: new FakeTrainer({ vocabSize: 8, published }), call: { run: 'm', epoch: 1 } },
      ...{ location: 'base', tokenizer, instruction: '', signal: new AbortController().signal },
      onDone: () => undefined,
    });
    expect([...points]).toEqual([1, 0, 1]);
  });

  it('are refused where there is nothing to choose from', async () => {
    const path = written([{ id: 'a', question: 'x', answer: 'yes' }]);
    await expect(readChoices(path)).rejects.toThrow(
      'found 1 different answers; allowed: 2 to 8, such as yes and no',
    );
  });
});
