import type { Judgement, JudgementStore, NewCall } from '../../core/judgements/judgement-store.js';

export interface JudgementHarness {
  readonly store: JudgementStore;
  /** The store's clock. */
  nowMs(): number;
  advance(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export const aCall: NewCall = {
  run: 'run-1',
  judge: 'qwen',
  rubricHash: 'rubric-a',
  endpoint: 'primary',
  mostTokens: 100,
  mostMicros: 400,
};

const judgement: Judgement = {
  key: 'k1',
  judge: 'qwen',
  rubricHash: 'rubric-a',
  outcome: { kind: 'scored', score: { probabilityFirst: 0.9, contributions: { honesty: 0.25 } } },
};

/** The promises of `JudgementStore`, for every adapter. */
export function describeJudgementStore(name: string, make: () => Promise<JudgementHarness>): void {
  describe(`${name} keeps the promises of a judgement store:`, () => {
    let harness: JudgementHarness;
    const store = (): JudgementStore => harness.store;

    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.close());

    async function enter(call: Partial<NewCall> = {}): Promise<number> {
      const entry = await store().enterCall({ ...aCall, ...call });
      if (entry.kind !== 'entered') throw new Error(`refused with ${entry.leftMicros} left`);
      return entry.call;
    }

    const end = (call: number, costMicros: number): Promise<void> =>
      store().endCall({ call, ending: 'answered', promptTokens: 30, completionTokens: 5, costMicros });

    it('finds a verdict by its key, with all that it says', async () => {
      expect(await store().find('k1')).toBeUndefined();
      await store().keep(judgement);
      expect(await store().find('k1')).toEqual(judgement.outcome);
    });

    it.each([
      { kind: 'abstained', reason: 'no opinion' },
      { kind: 'policy_malformed', reason: 'empty' },
    ] as const)('keeps a verdict of kind $kind', async (outcome) => {
      await store().keep({ ...judgement, outcome });
      expect(await store().find('k1')).toEqual(outcome);
    });

    it('keeps the first verdict under a key', async () => {
      await store().keep(judgement);
      await store().keep({ ...judgement, outcome: { kind: 'abstained', reason: 'later' } });
      expect(await store().find('k1')).toEqual(judgement.outcome);
    });

    it('refuses a call that could take a run beyond its budget, counting the most of those under way', async () => {
      const budgetMicros = 1000;
      const first = await enter({ budgetMicros });
      await enter({ budgetMicros });
      const refused = await store().enterCall({ ...aCall, budgetMicros });
      expect(refused).toEqual({ kind: 'over_budget', leftMicros: 200 });
      await end(first, 150);
      // 150 spent and 400 under way leave 450.
      await enter({ budgetMicros });
      expect(await store().enterCall({ ...aCall, budgetMicros })).toEqual({
        kind: 'over_budget',
        leftMicros: 50,
      });
    });

    it('lets a run spend its budget to the last millionth, and not one more', async () => {
      await end(await enter({ budgetMicros: 400 }), 400);
      expect(await store().enterCall({ ...aCall, mostMicros: 1, budgetMicros: 400 })).toEqual({
        kind: 'over_budget',
        leftMicros: 0,
      });
      await enter({ mostMicros: 0, budgetMicros: 400 });
    });

    it('keeps budgets of runs apart', async () => {
      await enter({ budgetMicros: 400 });
      await enter({ run: 'run-2', budgetMicros: 400 });
    });

    it('never lets calls that are entered at once exceed the budget together', async () => {
      const entries = await Promise.all(
        Array.from({ length: 64 }, () => store().enterCall({ ...aCall, budgetMicros: 10_000 })),
      );
      expect(entries.filter(({ kind }) => kind === 'entered')).toHaveLength(25);
    });

    it('ends a call once', async () => {
      const call = await enter();
      await end(call, 10);
      await expect(end(call, 10)).rejects.toMatchObject({ code: 'failed_precondition' });
      await expect(end(999, 10)).rejects.toMatchObject({ code: 'failed_precondition' });
      expect((await store().spend({}))[0]).toMatchObject({ calls: 1, costMicros: 10 });
    });

    it('sums what was spent by run, judge and rubric', async () => {
      await end(await enter(), 10);
      await end(await enter(), 11);
      await end(await enter({ rubricHash: 'rubric-b' }), 5);
      await end(await enter({ judge: 'gemma' }), 3);
      const failed = { ending: 'failed', promptTokens: 0, completionTokens: 0, costMicros: 0 } as const;
      await store().endCall({ call: await enter({ run: 'run-2' }), ...failed });
      await enter({ run: 'run-2' });
      const tokens = { promptTokens: 30, completionTokens: 5 };
      const one = { calls: 1, failedCalls: 0, ...tokens };
      expect(await store().spend({ run: 'run-1' })).toEqual([
        { run: 'run-1', judge: 'gemma', rubricHash: 'rubric-a', ...one, costMicros: 3 },
        {
          ...{ run: 'run-1', judge: 'qwen', rubricHash: 'rubric-a', calls: 2, failedCalls: 0 },
          ...{ promptTokens: 60, completionTokens: 10, costMicros: 21 },
        },
        { run: 'run-1', judge: 'qwen', rubricHash: 'rubric-b', ...one, costMicros: 5 },
      ]);
      expect(await store().spend({ run: 'run-2' })).toMatchObject([
        { calls: 1, failedCalls: 1, costMicros: 0 },
      ]);
      expect(await store().spend({ judge: 'gemma' })).toHaveLength(1);
      expect(await store().spend({ rubricHash: 'rubric-b' })).toHaveLength(1);
      expect(await store().spend({})).toHaveLength(4);
    });

    it('tells which calls ended lately, with their tokens', async () => {
      await end(await enter(), 1);
      await harness.advance(1000);
      const since = harness.nowMs();
      await end(await enter({ endpoint: 'spare' }), 1);
      await enter();
      expect(await store().callsSince(since)).toEqual([{ endpoint: 'spare', endedAtMs: since, tokens: 35 }]);
    });

    it('finishes the calls that were made before it is closed, and refuses later ones', async () => {
      const kept = store().keep(judgement);
      await store().close();
      await kept;
      await expect(store().find('k1')).rejects.toMatchObject({ code: 'failed_precondition' });
      await store().close();
    });
  });
}
