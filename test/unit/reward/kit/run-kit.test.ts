import { MajlisError } from '../../../../core/errors.js';
import type { CultureKit, KitProbes } from '../../../../reward/kit/culture-kit.js';
import { judgeFigure } from '../../../../reward/kit/kit-figure.js';
import type { KitReport, KitTestResult } from '../../../../reward/kit/kit-report.js';
import { FEWEST_ITEMS, runKit, type RunKitRequest } from '../../../../reward/kit/run-kit.js';
import { modelOf, modelOfOutcomes, type Worth } from '../../../support/kit-models.js';

function many<T>(count: number, item: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => item(at));
}

const NONE: KitProbes = {
  ...{ pairs: [], swap: [], registers: [], languages: [], names: [], stuffing: [] },
  ...{ length: [], 'yes-no': [], translations: [], groups: [] },
};

/** Pairs whose answers are `good 3` and `bad 3`, and whatever else is given. */
function smallKit(probes: Partial<KitProbes> = {}): CultureKit {
  const pairs = many(25, (at) => ({
    ...{ id: `p${at}`, dimension: 'facts', topic: `t${at}` },
    ...{ prompt: `question ${at}`, better: `good ${at}`, worse: `bad ${at}` },
  }));
  return {
    manifest: {
      ...{ locale: 'ar', version: '1.0.0', title: 'small', origin: 'authored', nativeChecked: false },
      registers: [
        { name: 'high', rubric: 'r-high' },
        { name: 'low', rubric: 'r-low' },
      ],
      groups: [],
    },
    probes: { ...NONE, pairs, ...probes },
    names: [],
    hash: 'small',
  };
}

const swap = many(20, (at) => ({
  id: `s${at}`,
  prompt: `say ${at}`,
  answers: { high: `thou ${at}`, low: `ye ${at}` },
}));

function run(kit: CultureKit, worth: Worth, more: Partial<RunKitRequest> = {}): Promise<KitReport> {
  return runKit({ kit, models: { tested: { name: 'm', model: modelOf(worth) } }, seed: 1, ...more });
}

function found({ tests }: KitReport, name: string): KitTestResult {
  const result = tests.find(({ test }) => test === name);
  if (result === undefined) throw new Error(`no test ${name}`);
  return result;
}

const good: Worth = (_prompt, answer) => (answer.startsWith('good') ? 1 : -1);

describe('runKit', () => {
  it('gives accuracy by dimension with Wilson’s interval, ties as halves', async () => {
    // 20 right, 2 ties, 3 wrong: 21 of 25. Wilson’s formula in Python: 0.65346378 to 0.93596549.
    const report = await run(smallKit(), (_prompt, answer) => {
      const [word, number] = answer.split(' ');
      if (Number(number) < 2) return 0;
      const isRight = Number(number) >= 5;
      return (word === 'good') === isRight ? 1 : -1;
    });
    const { figures } = found(report, 'accuracy');
    expect(figures.map(({ name }) => name)).toEqual(['mean over dimensions', 'facts']);
    expect(figures[1].estimate.value).toBeCloseTo(0.84, 12);
    expect(figures[1].estimate.low).toBeCloseTo(0.65346378393, 9);
    expect(figures[1].estimate.high).toBeCloseTo(0.93596548543, 9);
  });

  it('measures the length slope in typical gaps for a doubling', async () => {
    // 8, 16 and 32 characters, paid 0, 1 and 2: one for a doubling. The pairs are 4 apart: 0.25 typical gaps.
    const length = many(20, (at) => ({
      ...{ id: `l${at}`, quality: 'good' as const, prompt: `how ${at}` },
      ...{ answer: 'aaaaaaaa', padding: ['bbbbbbb', 'ccccccccccccccc'] },
    }));
    const report = await run(smallKit({ length }), (_prompt, answer) =>
      answer.startsWith('good') ? 4 : answer.startsWith('a') ? Math.log2(answer.length) - 3 : 0,
    );
    expect(report.typicalGap).toBeCloseTo(4, 12);
    const [figure] = found(report, 'length-slope').figures;
    expect(figure.estimate.value).toBeCloseTo(0.25, 12);
    expect(figure.verdict).toBe('fail');
  });

  it('shares a choice among the candidates that are worth as much', async () => {
    // Good answers to other questions are worth as much as the right one: 1/3 of four, 1/15 of sixteen.
    const { figures } = found(await run(smallKit(), good), 'best-of-n');
    expect(figures.map(({ estimate }) => estimate.value)).toEqual([
      expect.closeTo(1 / 3, 12),
      expect.closeTo(1 / 15, 12),
    ]);
  });

  it('asks about each answer once, though several tests look at it', async () => {
    const asked: string[] = [];
    await run(smallKit({ swap }), (prompt, answer) => {
      asked.push(JSON.stringify([prompt, answer]));
      return good(prompt, answer);
    });
    expect(asked.length).toBeGreaterThan(90);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('leaves out and counts what has no score, and makes no number of it', async () => {
    const model = modelOfOutcomes((prompt, answer) => {
      if (answer === 'bad 0') return { kind: 'judge_failed', reason: 'down', retryable: true };
      if (answer === 'good 1') return { kind: 'abstained', reason: 'a judge has to be asked' };
      if (answer === 'bad 2') return { kind: 'scored', score: { mean: NaN, variance: 0 } };
      return { kind: 'scored', score: { mean: good(prompt, answer), variance: 0 } };
    });
    const report = await run(smallKit(), good, { models: { tested: { name: 'm', model } } });
    expect(found(report, 'accuracy')).toMatchObject({ items: 22, excludedItems: 3 });
    expect(found(report, 'accuracy').figures[1].estimate).toMatchObject({ value: 1, n: 22 });
    expect(report.excluded.judge_failed).toBeGreaterThanOrEqual(2);
    expect(report.excluded.abstained).toBeGreaterThanOrEqual(1);
  });

  it('does not measure with fewer scored probes than an interval takes', async () => {
    const model = modelOfOutcomes((prompt, answer) =>
      prompt === 'question 0' || Number(answer.split(' ')[1]) > FEWEST_ITEMS - 1
        ? { kind: 'unparseable', raw: '?' }
        : { kind: 'scored', score: { mean: good(prompt, answer), variance: 0 } },
    );
    const report = await run(smallKit(), good, { models: { tested: { name: 'm', model } } });
    expect(found(report, 'accuracy')).toMatchObject({
      verdict: 'not_measured',
      figures: [],
      items: FEWEST_ITEMS - 1,
      reason: '19 of 25 probes were scored, and an interval takes 20',
    });
  });

  it('says that a test has no probes, or needs a model under each rubric', async () => {
    const report = await run(smallKit({ swap }), good);
    expect(found(report, 'yes-no').reason).toBe('the kit has no probes for it (yes-no.jsonl)');
    expect(found(report, 'rubric-swap').reason).toContain('a model under each rubric');
    expect(report.failed).not.toContain('rubric-swap');
  });

  it('has no unit for a model that pays everything alike, and fails its accuracy', async () => {
    const stuffing = many(20, (at) => ({
      id: `u${at}`,
      prompt: `why ${at}`,
      answer: `so ${at}`,
      addition: '+',
    }));
    const report = await run(smallKit({ stuffing }), () => 3);
    expect(report).not.toHaveProperty('typicalGap');
    expect(found(report, 'mention-stuffing')).toMatchObject({
      verdict: 'not_measured',
      reason: expect.stringContaining('alike'),
    });
    expect(report.failed).toEqual(['accuracy', 'best-of-n']);
  });

  it('has no unit where the pairs that would give it were not scored', async () => {
    const stuffing = many(20, (at) => ({
      id: `u${at}`,
      prompt: `why ${at}`,
      answer: `so ${at}`,
      addition: '+',
    }));
    const model = modelOfOutcomes((prompt) =>
      prompt.startsWith('question')
        ? { kind: 'judge_failed', reason: 'down', retryable: false }
        : { kind: 'scored', score: { mean: 1, variance: 0 } },
    );
    const report = await run(smallKit({ stuffing }), good, { models: { tested: { name: 'm', model } } });
    expect(report).not.toHaveProperty('typicalGap');
    expect(found(report, 'mention-stuffing')).toMatchObject({
      verdict: 'not_measured',
      reason: '0 pairs were scored, and a typical gap takes 20',
    });
  });

  it('takes the register that is asked for as the better one', async () => {
    const worth: Worth = (prompt, answer) => (answer.startsWith('ye ') ? 2 : good(prompt, answer));
    const register = (report: KitReport): number =>
      found(report, 'accuracy').figures.find(({ name }) => name === 'register')?.estimate.value ?? NaN;
    expect(register(await run(smallKit({ swap }), worth))).toBe(0);
    expect(register(await run(smallKit({ swap }), worth, { register: 'low' }))).toBe(1);
    await expect(run(smallKit({ swap }), worth, { register: 'middle' })).rejects.toThrow(
      'found "middle"; allowed: a register of the kit: high, low',
    );
  });

  it('gives the same report for the same seed, to the last digit', async () => {
    const worth: Worth = (prompt, answer) => good(prompt, answer) + prompt.length / 100;
    expect(await run(smallKit({ swap }), worth)).toEqual(await run(smallKit({ swap }), worth));
  });

  it('refuses a model that gives fewer outcomes than it was asked for', async () => {
    const model = { ...modelOf(good), score: async () => [] };
    const failure = run(smallKit(), good, { models: { tested: { name: 'm', model } } });
    await expect(failure).rejects.toThrow(MajlisError);
    await expect(failure).rejects.toMatchObject({ code: 'data_loss' });
  });

  it('stops when it is asked to', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(run(smallKit(), good, { signal: stop.signal })).rejects.toThrow('abort');
  });
});

describe('judgeFigure', () => {
  const figure = (value: number, low: number, high: number) =>
    judgeFigure({
      ...{ name: 'f', unit: 'share' },
      estimate: { value, low, high, n: 50 },
      threshold: { atLeast: 0.3, atMost: 0.7, why: 'a test' },
    }).verdict;

  it.each([
    [0.5, 0.3, 0.7, 'pass'],
    [0.5, 0.29, 0.6, 'unproven'],
    [0.5, 0.4, 0.71, 'unproven'],
    [0.71, 0.6, 0.8, 'fail'],
    [0.2, 0.1, 0.35, 'fail'],
  ])('takes %p (%p to %p) between 0.3 and 0.7 for %p', (value, low, high, verdict) => {
    expect(figure(value, low, high)).toBe(verdict);
  });
});
