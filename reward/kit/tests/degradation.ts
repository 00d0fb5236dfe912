import { meanFigure, shareFigure, type KitFigure, type Threshold } from '../kit-figure.js';
import { wins, type KitTest, type MeasureContext, type Probe, type ScoredProbe } from '../kit-test.js';

const STEPS: Threshold = {
  atLeast: 0.7,
  why: 'a policy climbs the reward in small steps, so each step into the fault has to cost; ties count half',
};
const WHOLE: Threshold = {
  atLeast: 0.8,
  why: 'the clean text against the wholly wrong one is the plainest pair there is',
};

/** Candidates: the clean answer, then answers with one more part in the wrong register each. */
export const registerDegradation: KitTest = {
  name: 'register-degradation',
  measures: 'whether an answer is worth less the more of it is in the other register',
  file: 'registers',
  inGaps: false,
  probes: ({ manifest: { locale }, probes }, { register, otherRegister }) => {
    if (otherRegister === undefined) return [];
    return probes.registers.map(({ id, prompt, parts }) =>
      series(
        { id, locale, prompt },
        parts.map((part) => part[register]),
        parts.map((part) => part[otherRegister]),
      ),
    );
  },
  figures,
  fault,
};

/** Candidates: the clean answer, then answers with one more part in the foreign language each. */
export const languageMix: KitTest = {
  name: 'language-mix',
  measures: 'whether an answer is worth less the more of it is in a foreign language',
  file: 'languages',
  inGaps: false,
  probes: ({ manifest: { locale }, probes }) =>
    probes.languages.map(({ id, prompt, parts }) =>
      series(
        { id, locale, prompt },
        parts.map(({ own }) => own),
        parts.map(({ foreign }) => foreign),
      ),
    ),
  figures,
  fault,
};

/** The answer with none, one, … and all of its parts exchanged, the last parts first. */
function series(
  { id, locale, prompt }: { readonly id: string; readonly locale: string; readonly prompt: string },
  clean: readonly string[],
  wrong: readonly string[],
): Probe {
  const answers = Array.from({ length: clean.length + 1 }, (_, level) => {
    const kept = clean.length - level;
    return [...clean.slice(0, kept), ...wrong.slice(kept)].join(' ');
  });
  return { id, candidates: answers.map((answer) => ({ locale, prompt, answer })) };
}

function figures(probes: readonly ScoredProbe[], { rng }: MeasureContext): KitFigure[] {
  return [
    meanFigure({
      name: 'steps that cost',
      unit: 'share',
      values: probes.map(({ scores }) => fallingSteps(scores)),
      threshold: STEPS,
      rng,
    }),
    shareFigure(
      'clean beats wholly wrong',
      probes.map(({ scores }) => wins(scores[0], scores[scores.length - 1])),
      WHOLE,
    ),
  ];
}

/** Share of the steps from one level to the next that cost; a step that changes nothing is a half. */
function fallingSteps(scores: readonly number[]): number {
  const steps = scores.slice(1).map((score, level) => wins(scores[level], score));
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

/** The largest rise from one level to the next, or from the clean text to the wholly wrong one. */
function fault({ scores }: ScoredProbe): number {
  const rises = scores.slice(1).map((score, level) => score - scores[level]);
  return Math.max(scores[scores.length - 1] - scores[0], ...rises);
}
