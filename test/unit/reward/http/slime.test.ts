import { slime } from '../../../../reward/http/slime.js';
import { ABSTAINED, askedOf, MALFORMED, scored, told } from '../../../support/http-question.js';

const sample = { prompt: 'Who?', response: 'I.', label: null };

describe('a request of slime', () => {
  it('is one prompt and one answer', () => {
    expect(askedOf(slime, sample).items).toEqual([{ prompt: 'Who?', answers: [{ text: 'I.' }] }]);
  });

  it('may have a conversation for a prompt, of which the last question counts', () => {
    const prompt = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Who?' }] },
    ];
    expect(askedOf(slime, { ...sample, prompt }).items[0].prompt).toBe('Who?');
  });

  it('may have a rendered prompt', () => {
    const prompt = '<start_of_turn>user\nWho?<end_of_turn>\n<start_of_turn>model\n';
    expect(askedOf(slime, { ...sample, prompt, response: 'I.<end_of_turn>' }).items[0]).toEqual({
      prompt: 'Who?',
      answers: [{ text: 'I.' }],
    });
  });

  it('has its locale as the label where the address says so', () => {
    const asked = askedOf(slime, { ...sample, label: 'ar' }, { labelsAreLocales: true });
    expect(asked.items[0].locale).toBe('ar');
  });

  it.each([
    [{ ...sample, response: undefined }, 'at response: found nothing'],
    [{ ...sample, prompt: 3 }, 'at prompt: found 3; allowed: text, or a list of {role, content}'],
    [{ ...sample, prompt: [] }, 'at prompt: found no messages; allowed: at least one message by user'],
    [{ ...sample, prompt: [{ role: 'system', content: '' }] }, 'at prompt: found messages by system'],
  ])('that is not in the contract is refused: %j', (body, sentence) => {
    expect(() => askedOf(slime, body)).toThrow(sentence);
  });
});

describe('a reply to slime', () => {
  it('is the reward and nothing else', () => {
    expect(told(askedOf(slime, sample), [[scored(0.25)]])).toBe(0.25);
    expect(told(askedOf(slime, sample), [[MALFORMED]])).toBe(-5);
  });

  it('is a failure where there is no reward', () => {
    expect(() => told(askedOf(slime, sample), [[ABSTAINED]])).toThrow(
      'answer 0 is abstained: orders disagree',
    );
  });
});
