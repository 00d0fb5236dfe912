import { join } from 'node:path';
import { loadLocale } from '../../../../core/config/load-locale.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { composeCorpus, type CorpusSource } from '../../../../workers/corpus/compose-corpus.js';
import { loadCorpusSource } from '../../../../workers/corpus/load-corpus-source.js';
import { slotsOf } from '../../../../workers/corpus/slots.js';
import { findVeto } from '../../../../workers/evaluation/answer-vetoes.js';
import { registerOf } from '../../../../workers/evaluation/register-of.js';

/** Particles that agree with the sound before them: after a consonant, after a vowel. */
const AGREEING = [
  ['은', '는'],
  ['이', '가'],
  ['을', '를'],
  ['과', '와'],
  ['으로', '로'],
  ['이랑', '랑'],
  ['이는', '는'],
  ['이라는', '라는'],
  ['이라고', '라고'],
  ['이면', '면'],
  ['이에요', '예요'],
].map((pair) => pair.join('|'));
const CHOSEN = /\{[a-zA-Z]+\|([^}]*)\}/gu;
const UNCHOSEN =
  /\{[a-zA-Z]+\}(?:은|는|이|가|을|를|과|와|으로|로|랑|이랑|라는|라고|면|예요|이에요)(?=[\s.?,]|$)/u;

describe('the Korean frames', () => {
  let source: CorpusSource;
  let sentences: string[];

  beforeAll(async () => {
    source = await loadCorpusSource(join(packageRoot, 'examples', 'korean'));
    const { topics, poor } = source.frames;
    sentences = [
      ...Object.values(topics).flatMap(({ training, heldOut, answers }) => [
        ...training,
        ...heldOut,
        ...Object.values(answers).flat(),
      ]),
      ...Object.values(poor.stuffing).flat(),
    ];
  });

  it('choose every particle that has to agree, the one after a consonant first', () => {
    const chosen = sentences.flatMap((sentence) => [...sentence.matchAll(CHOSEN)].map(([, pair]) => pair));
    expect(chosen.length).toBeGreaterThan(100);
    expect(chosen.filter((pair) => !AGREEING.includes(pair))).toEqual([]);
    expect(sentences.filter((sentence) => UNCHOSEN.test(sentence))).toEqual([]);
  });

  it('say the same with the same names in both registers', () => {
    for (const { answers } of Object.values(source.frames.topics)) {
      const { haeyo, hapsyo } = answers;
      expect(haeyo.map((frame) => slotsOf(frame).sort())).toEqual(
        hapsyo.map((frame) => slotsOf(frame).sort()),
      );
    }
  });

  it('give answers whose register can be told and that no veto touches, unless they are poor on purpose', async () => {
    const profile = await loadLocale(join(packageRoot, 'reward', 'locales', 'ko.yaml'));
    for (const { prompt, answer, quality, register } of composeCorpus(source).lines) {
      const vetoed = findVeto(prompt.text, answer) !== undefined;
      if (quality === 'good')
        expect([answer, registerOf(answer, profile), vetoed]).toEqual([answer, register, false]);
      else expect([answer, vetoed]).toEqual([answer, quality !== 'off_topic']);
    }
  });
});

describe('the Korean registers', () => {
  it.each([
    ['오늘은 쉬어요.', 'haeyo'],
    ['같이 가실래요?', 'haeyo'],
    ['그건 제 책이에요.', 'haeyo'],
    ['오늘은 쉽니다.', 'hapsyo'],
    ['함께 가시겠습니까?', 'hapsyo'],
    ['천천히 드십시오.', 'hapsyo'],
    ['오늘은 쉰다고 했다.', 'banmal'],
    ['나는 밥 먹었어.', 'banmal'],
    ['바쁘니까.', undefined],
    ['집에 갑니다. 같이 가요.', undefined],
  ])('read "%s" as %s', async (answer, register) => {
    const profile = await loadLocale(join(packageRoot, 'reward', 'locales', 'ko.yaml'));
    expect(registerOf(answer, profile)).toBe(register);
  });
});
