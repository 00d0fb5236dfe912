import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fitDawidSkene, type DawidSkeneInput } from '../../../../core/math/dawid-skene.js';
import { createRng } from '../../../../core/math/rng.js';
import { aggregationGolden } from '../../../support/aggregation-golden.js';
import { expectClose } from '../../../support/expect-close.js';
import { describeWithSharedData, sharedData } from '../../../support/shared-data.js';

type Label = readonly [unit: number, worker: number, label: number];

function labelled(
  size: { units: number; classes: number; workers: number },
  labels: readonly Label[],
): DawidSkeneInput {
  return {
    ...size,
    unit: Int32Array.from(labels, ([unit]) => unit),
    worker: Int32Array.from(labels, ([, worker]) => worker),
    label: Int32Array.from(labels, ([, , label]) => label),
  };
}

describeWithSharedData('fitDawidSkene on 45 patients (Dawid & Skene 1979)', 'anesthesia.json', () => {
  const patients = (): DawidSkeneInput => {
    const raw = z
      .record(z.string(), z.array(z.number()))
      .parse(JSON.parse(readFileSync(sharedData('anesthesia.json'), 'utf8')));
    const worker = raw.rater ?? raw.annotator ?? raw.worker;
    const label = raw.rating ?? raw.label;
    return labelled(
      { units: 45, classes: 4, workers: 5 },
      raw.item.map((item, at): Label => [item - 1, worker[at] - 1, label[at] - 1]),
    );
  };

  it('gives the known prevalences, confusion, likelihood and classes', () => {
    const known = aggregationGolden().dawid_skene_anesthesia;
    const { prevalence, confusion, logLikelihood, posterior, converged } = fitDawidSkene(patients());
    expect(converged).toBe(true);
    // Given to four digits.
    expectClose(prevalence, known.prevalence, 4e-5);
    expectClose(confusion.subarray(0, 16), known.observer1_confusion.flat(), 4e-5);
    expectClose([logLikelihood], [known.loglik], 1e-9);
    const classes = known.hard_labels.map((_, unit) => {
      const row = [...posterior.subarray(4 * unit, 4 * unit + 4)];
      return 1 + row.indexOf(Math.max(...row));
    });
    expect(classes).toEqual(known.hard_labels);
  });
});

/** Three good workers and one who says the opposite, on 400 units. */
function simulated(seed: number): { input: DawidSkeneInput; truth: number[] } {
  const rng = createRng(seed);
  const truth = Array.from({ length: 400 }, () => rng.integer(2));
  const accuracy = [0.85, 0.8, 0.75, 0.1];
  const labels = truth.flatMap((right, unit) =>
    accuracy.map((share, worker): Label => [unit, worker, rng.uniform() < share ? right : 1 - right]),
  );
  return { input: labelled({ units: 400, classes: 2, workers: 4 }, labels), truth };
}

describe('fitDawidSkene', () => {
  it.each([true, false])('finds each worker’s accuracy, a contrarian’s too (one coin: %p)', (oneCoin) => {
    const { accuracy } = fitDawidSkene({ ...simulated(3).input, oneCoin, smoothing: 0.01 });
    [0.85, 0.8, 0.75, 0.1].forEach((known, worker) => {
      expect(Math.abs(accuracy[worker] - known)).toBeLessThan(0.07);
    });
  });

  it('never lowers the likelihood as it goes on', () => {
    const { input } = simulated(4);
    const after = [1, 2, 4, 8, 16].map(
      (maxIterations) => fitDawidSkene({ ...input, maxIterations }).logLikelihood,
    );
    expect([...after].sort((a, b) => a - b)).toEqual(after);
  });

  it('keeps known classes and learns from them who is right', () => {
    // Two workers always disagree; one known unit says whom to believe.
    const labels = Array.from({ length: 20 }, (_, unit): Label[] => [
      [unit, 0, unit % 2],
      [unit, 1, 1 - (unit % 2)],
    ]).flat();
    const input = labelled({ units: 20, classes: 2, workers: 2 }, labels);
    const known = new Int32Array(20).fill(-1);
    known[0] = 1;
    const { accuracy, posterior } = fitDawidSkene({ ...input, known, smoothing: 0.01 });
    expect([...posterior.subarray(0, 2)]).toEqual([0, 1]);
    expect(accuracy[1]).toBeGreaterThan(0.95);
  });

  it('gives a class that never occurs no share, and no NaN', () => {
    const { input } = simulated(5);
    const { prevalence, posterior, confusion } = fitDawidSkene({ ...input, classes: 3, smoothing: 0.01 });
    expect(prevalence[2]).toBeLessThan(1e-6);
    expect([...posterior, ...confusion].every(Number.isFinite)).toBe(true);
    const bare = fitDawidSkene({ ...input, classes: 3 });
    expect([...bare.posterior, ...bare.confusion].every(Number.isFinite)).toBe(true);
  });

  it('believes a single worker, since there is nobody to compare with', () => {
    const input = labelled({ units: 3, classes: 2, workers: 1 }, [[0, 0, 1], [1, 0, 0], [2, 0, 1]]); // prettier-ignore
    expect([...fitDawidSkene(input).posterior]).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it('counts a label of weight two as two', () => {
    const { input } = simulated(6);
    const twice = fitDawidSkene({ ...input, weight: new Float64Array(input.unit.length).fill(2) });
    const doubled = fitDawidSkene({
      ...input,
      ...Object.fromEntries(
        (['unit', 'worker', 'label'] as const).map((key) => [
          key,
          Int32Array.from([...input[key], ...input[key]]),
        ]),
      ),
    });
    expectClose(twice.posterior, doubled.posterior, 1e-8);
  });

  it.each([
    [[[3, 0, 0]], 'unit 3'],
    [[[0, 1, 0]], 'worker 1'],
    [[[0, 0, 2]], 'class 2'],
  ] as [Label[], string][])('refuses the labels %p', (labels, message) => {
    expect(() => fitDawidSkene(labelled({ units: 3, classes: 2, workers: 1 }, labels))).toThrow(message);
  });
});
