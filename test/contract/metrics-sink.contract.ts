import type { MeasuredRun, Metrics, MetricsSink } from '../../core/telemetry/metrics/metrics-sink.js';

/** A figure's row as a reader of the sink's output finds it. */
export interface ReadRow {
  readonly step: number;
  readonly atMs: number;
  readonly metrics: Metrics;
}

/** What an adapter's test supplies: an empty place, and how to look at it with another program's eyes. */
export interface MetricsSinkHarness {
  /** A new sink on the same place, as another process would open it. */
  open(): Promise<MetricsSink>;
  /** All rows, oldest first. */
  read(): Promise<readonly ReadRow[]>;
}

/** 2026-11-22T04:52:37.000Z. */
export const CREATED_AT_MS = 1_795_323_157_000;

export const MEASURED_RUN: MeasuredRun = {
  id: 'arabic-20261122-swapped',
  name: 'swapped',
  config: '{"algorithm":{"epochs":2},"name":"arabic","seed":7}',
  createdAtMs: CREATED_AT_MS,
};

/** Exact in single precision, so that every format returns them. */
export const FIRST: ReadRow = {
  step: 0,
  atMs: CREATED_AT_MS + 1500,
  metrics: { 'objective/kl': 0.5, lr: 0.25, 'policy/steps': 4 },
};
export const SECOND: ReadRow = {
  step: 1,
  atMs: CREATED_AT_MS + 3250,
  metrics: { 'objective/kl': -1.75, 'rewards/greeting/mean': 3, 'policy/steps': 0 },
};
const THIRD: ReadRow = { step: 5, atMs: CREATED_AT_MS + 9000, metrics: { 'objective/kl': 2 } };

/** The promises of `MetricsSink`, for every adapter. */
export function describeMetricsSink(name: string, make: () => Promise<MetricsSinkHarness>): void {
  describe(`${name} keeps the promises of a metrics sink:`, () => {
    let harness: MetricsSinkHarness;
    beforeEach(async () => {
      harness = await make();
    });

    const write = (sink: MetricsSink, row: ReadRow): Promise<void> =>
      sink.write(row.step, row.metrics, row.atMs);

    it('shows a step as soon as the write resolves', async () => {
      const sink = await harness.open();
      await write(sink, FIRST);
      expect(await harness.read()).toEqual([FIRST]);
      await write(sink, SECOND);
      expect(await harness.read()).toEqual([FIRST, SECOND]);
      await sink.finish('completed');
      expect(await harness.read()).toEqual([FIRST, SECOND]);
    });

    it('takes writes that overlap in the order of the calls', async () => {
      const sink = await harness.open();
      await Promise.all([write(sink, FIRST), write(sink, SECOND), sink.finish('completed')]);
      expect(await harness.read()).toEqual([FIRST, SECOND]);
    });

    it('changes nothing for a step that is not after the last', async () => {
      const sink = await harness.open();
      await write(sink, SECOND);
      await write(sink, { ...SECOND, metrics: { 'objective/kl': 9 } });
      await write(sink, FIRST);
      expect(await harness.read()).toEqual([SECOND]);
      await sink.finish('failed');
    });

    it('goes on in another process without a step twice, whether the first ended or died', async () => {
      for (const [round, row] of [FIRST, SECOND, THIRD].entries()) {
        const sink = await harness.open();
        await write(sink, FIRST);
        await write(sink, row);
        if (round !== 1) await sink.finish(round === 0 ? 'paused' : 'completed');
      }
      expect(await harness.read()).toEqual([FIRST, SECOND, THIRD]);
    });

    it('keeps what is not finite', async () => {
      const sink = await harness.open();
      const metrics = { 'objective/kl': Number.NaN, lr: Infinity, 'val/mean': -Infinity };
      await write(sink, { ...FIRST, metrics });
      expect(await harness.read()).toEqual([{ ...FIRST, metrics }]);
      await sink.finish('failed');
    });

    it('refuses a write after the end, and ends once', async () => {
      const sink = await harness.open();
      await write(sink, FIRST);
      await sink.finish('completed');
      await sink.finish('failed');
      await expect(write(sink, SECOND)).rejects.toMatchObject({ code: 'failed_precondition' });
      expect(await harness.read()).toEqual([FIRST]);
    });
  });
}
