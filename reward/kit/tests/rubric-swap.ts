import { shareFigure, type Threshold } from '../kit-figure.js';
import type { KitTest, ScoredProbe } from '../kit-test.js';

const FOLLOWED: Threshold = {
  atLeast: 0.7,
  why: 'nothing but the register differs, so a preference that stays is not the rubric’s; as for accuracy, three in ten may be noise',
};

/**
 * Whether the preference turns with the rubric: of one answer in two registers, each model has to pay its own rubric's more.
 * Candidates: target's text and other register's text under the model, then both under the swapped model.
 */
export const rubricSwap: KitTest = {
  name: 'rubric-swap',
  measures: 'how often the preference turns when the rubric asks for the other register',
  file: 'swap',
  inGaps: false,
  probes: ({ manifest: { locale }, probes }, { register, otherRegister }) => {
    if (otherRegister === undefined) return [];
    return probes.swap.map(({ id, prompt, answers }) => {
      const texts = [register, otherRegister].map((name) => ({ locale, prompt, answer: answers[name] }));
      return { id, candidates: [...texts, ...texts.map((text) => ({ ...text, model: 'swapped' as const }))] };
    });
  },
  figures: (probes) => [
    shareFigure(
      'preferences that turn',
      probes.map((probe) => (follows(probe) ? 1 : 0)),
      FOLLOWED,
    ),
  ],
  fault: ({ scores: [target, other, swappedTarget, swappedOther] }) =>
    Math.max(other - target, swappedTarget - swappedOther),
};

function follows({ scores: [target, other, swappedTarget, swappedOther] }: ScoredProbe): boolean {
  return target > other && swappedOther > swappedTarget;
}
