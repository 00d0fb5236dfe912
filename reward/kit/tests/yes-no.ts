import { macroShareFigure, meanFigure, shareFigure, type Threshold } from '../kit-figure.js';
import { byStratum, wins, type KitTest, type ScoredProbe } from '../kit-test.js';

const RIGHT: Threshold = {
  atLeast: 0.65,
  why: 'what is asked is common knowledge in the locale; a coin and a model that always says the same get a half',
};
const YES: Threshold = {
  atLeast: 0.3,
  atMost: 0.7,
  why: 'half of the truths are yes; a preference beyond that is for the word',
};
const SEPARATION: Threshold = {
  atLeast: 0.25,
  why: 'AceGPT’s reviewers found that its reward hardly told yes from no; a quarter of a typical gap is the least that PPO sees above the noise',
};

/**
 * Whether the right one of yes and no is worth more, and whether one of the words is paid for itself. Candidates: right, wrong.
 * Answers are whole sentences of the same shape. Reference: AceGPT (Huang et al. 2024) and the public reviews of it.
 */
export const yesNo: KitTest = {
  name: 'yes-no',
  measures: 'whether right and wrong answers to yes-or-no questions about the culture are told apart',
  file: 'yes-no',
  inGaps: true,
  probes: ({ manifest: { locale }, probes }) =>
    probes['yes-no'].map(({ id, prompt, truth, yes, no }) => ({
      id,
      stratum: truth,
      candidates: (truth === 'yes' ? [yes, no] : [no, yes]).map((answer) => ({ locale, prompt, answer })),
    })),
  figures: (probes, { gap, rng }) => [
    shareFigure('right is worth more', probes.map(right), RIGHT),
    macroShareFigure(
      'yes is worth more',
      [...byStratum(probes)].map(([truth, items]) =>
        items.map((probe) => (truth === 'yes' ? right(probe) : 1 - right(probe))),
      ),
      YES,
    ),
    meanFigure({
      name: 'right minus wrong',
      unit: 'gap',
      values: probes.map((probe) => -fault(probe) / gap),
      threshold: SEPARATION,
      rng,
    }),
  ],
  fault,
};

function right({ scores: [rightScore, wrongScore] }: ScoredProbe): number {
  return wins(rightScore, wrongScore);
}

function fault({ scores: [rightScore, wrongScore] }: ScoredProbe): number {
  return wrongScore - rightScore;
}
