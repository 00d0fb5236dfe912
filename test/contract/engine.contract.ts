import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Engine, GeneratedSequence, GenerateRequest } from '../../core/engine/engine.js';

/** An engine, two policies that it can load, and what they ought to say. */
export interface EngineUnderTest {
  readonly engine: Engine;
  readonly policies: readonly [PolicyVersion, PolicyVersion];
  readonly vocabSize: number;
  /** A second engine on the same policies. */
  another(): Promise<Engine>;
  /** Log-probabilities of an answer, computed by other means. [token] */
  logProbs(
    policy: PolicyVersion,
    prompt: readonly number[],
    answer: readonly number[],
    temperature: number,
  ): readonly number[];
  /** How far those may be apart. */
  readonly tolerance: number;
  dispose(): Promise<void>;
}

/** What every adapter of the engine port has to do. */
export function describeEngine(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`${name} as an engine`, () => {
    let subject: EngineUnderTest;
    let engine: Engine;
    beforeAll(async () => {
      subject = await make();
      engine = subject.engine;
    });
    afterAll(async () => {
      await subject.dispose();
    });
    beforeEach(async () => {
      await engine.load(subject.policies[0]);
    });

    const request = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
      policyHash: subject.policies[0].hash,
      promptTokenIds: [5, 9, 2, 7],
      samples: 4,
      seed: 11,
      sampling: { maxNewTokens: 8, temperature: 1, stopTokenIds: [] },
      ...change,
    });
    const sampling = (change: Partial<GenerateRequest['sampling']>): Partial<GenerateRequest> => ({
      sampling: { ...request().sampling, ...change },
    });
    const tokens = (answers: readonly GeneratedSequence[]): (readonly number[])[] =>
      answers.map(({ tokenIds }) => tokenIds);

    it('gives as many answers and tokens as were asked for', async () => {
      const answers = await engine.generate(request());
      expect(answers.map(({ tokenIds, finish }) => [tokenIds.length, finish])).toEqual(
        Array.from({ length: 4 }, () => [8, 'length']),
      );
      for (const id of tokens(answers).flat()) {
        expect(id).toBeGreaterThanOrEqual(0);
        expect(id).toBeLessThan(subject.vocabSize);
      }
    });

    it('gives one answer of one token', async () => {
      const [answer, ...others] = await engine.generate(
        request({ samples: 1, ...sampling({ maxNewTokens: 1 }) }),
      );
      expect(others).toEqual([]);
      expect(answer.tokenIds).toHaveLength(1);
    });

    it('answers the same request with the same bits, whatever was asked between', async () => {
      const first = await engine.generate(request());
      await engine.generate(request({ promptTokenIds: [1, 2, 3, 4, 5, 6, 7], samples: 3, seed: 5 }));
      expect(await engine.generate(request())).toEqual(first);
    });

    it('answers like another engine with the same fingerprint, also while both work', async () => {
      const other = await subject.another();
      try {
        await other.load(subject.policies[0]);
        expect(other.fingerprint).toBe(engine.fingerprint);
        const requests = [1, 2, 3, 4].map((seed) => request({ seed }));
        const [ours, theirs] = await Promise.all([
          Promise.all(requests.map((each) => engine.generate(each))),
          Promise.all([...requests].reverse().map((each) => other.generate(each))),
        ]);
        expect(theirs.reverse()).toEqual(ours);
      } finally {
        await other.close();
      }
    });

    it('gives other answers to other seeds, and to each sample', async () => {
      const first = tokens(await engine.generate(request()));
      const second = tokens(await engine.generate(request({ seed: 12 })));
      expect(new Set([...first, ...second].map((ids) => ids.join())).size).toBe(8);
    });

    it.each([1, 0.5, 2])(
      'gives the log-probabilities of its policy at temperature %d',
      async (temperature) => {
        const { promptTokenIds } = request();
        for (const { tokenIds, logProbs } of await engine.generate(request(sampling({ temperature })))) {
          const expected = subject.logProbs(subject.policies[0], promptTokenIds, tokenIds, temperature);
          expect(logProbs).toHaveLength(expected.length);
          logProbs.forEach((logProb, at) => {
            expect(Math.abs(logProb - expected[at])).toBeLessThanOrEqual(subject.tolerance);
          });
        }
      },
    );

    it('draws tokens as often as their probability says', async () => {
      const one = request({ samples: 2000, ...sampling({ maxNewTokens: 1, temperature: 0.7 }) });
      const answers = await engine.generate(one);
      const { policies, vocabSize } = subject;
      const counts = new Array<number>(vocabSize).fill(0);
      for (const { tokenIds } of answers) counts[tokenIds[0]] += 1;
      const chiSquared = counts.reduce((sum, count, id) => {
        const [logProb] = subject.logProbs(policies[0], one.promptTokenIds, [id], 0.7);
        const expected = 2000 * Math.exp(logProb);
        return sum + (count - expected) ** 2 / expected;
      }, 0);
      // χ² has mean V − 1 and deviation √(2 (V − 1)); five deviations either way.
      const freedom = vocabSize - 1;
      expect(Math.abs(chiSquared - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
    });

    it('ends an answer with its stop token, and leaves the others as they were', async () => {
      const free = await engine.generate(request());
      const stop = free[0].tokenIds[2];
      const stopped = await engine.generate(request(sampling({ stopTokenIds: [stop] })));
      stopped.forEach((answer, sample) => {
        const at = free[sample].tokenIds.indexOf(stop);
        const length = at < 0 ? 8 : at + 1;
        expect(answer).toEqual({
          tokenIds: free[sample].tokenIds.slice(0, length),
          logProbs: free[sample].logProbs.slice(0, length),
          finish: at < 0 ? 'length' : 'stop',
        });
      });
      expect(stopped[0].finish).toBe('stop');
    });

    it('calls an answer stopped whose last allowed token is a stop token', async () => {
      const one = sampling({ maxNewTokens: 1 });
      const [{ tokenIds }] = await engine.generate(request(one));
      const stopping = sampling({ maxNewTokens: 1, stopTokenIds: tokenIds });
      const [answer] = await engine.generate(request(stopping));
      expect(answer).toMatchObject({ tokenIds, finish: 'stop' });
    });

    it('fills the context to the last token', async () => {
      const maxNewTokens = engine.contextLength - 4;
      const answers = await engine.generate(request(sampling({ maxNewTokens })));
      expect(tokens(answers).map((ids) => ids.length)).toEqual(Array.from({ length: 4 }, () => maxNewTokens));
    });

    it('answers with the policy that was loaded last', async () => {
      const [, policy] = subject.policies;
      await engine.load(policy);
      const [answer] = await engine.generate(request({ policyHash: policy.hash }));
      const expected = subject.logProbs(policy, request().promptTokenIds, answer.tokenIds, 1);
      answer.logProbs.forEach((logProb, at) => {
        expect(Math.abs(logProb - expected[at])).toBeLessThanOrEqual(subject.tolerance);
      });
      await expect(engine.generate(request())).rejects.toMatchObject({ code: 'failed_precondition' });
    });

    it.each<[string, () => Partial<GenerateRequest>, string]>([
      ['an empty prompt', () => ({ promptTokenIds: [] }), 'promptTokenIds: found no tokens'],
      ['an unknown token', () => ({ promptTokenIds: [subject.vocabSize] }), 'promptTokenIds: found id'],
      ['half a token', () => ({ promptTokenIds: [0.5] }), 'promptTokenIds: found id 0.5'],
      ['no samples', () => ({ samples: 0 }), 'samples: found 0'],
      ['no new tokens', () => sampling({ maxNewTokens: 0 }), 'sampling.maxNewTokens: found 0'],
      ['temperature 0', () => sampling({ temperature: 0 }), 'sampling.temperature: found 0'],
      ['temperature NaN', () => sampling({ temperature: NaN }), 'sampling.temperature: found NaN'],
      ['a negative seed', () => ({ seed: -1 }), 'seed: found -1'],
      [
        'more tokens than the context has',
        () => sampling({ maxNewTokens: engine.contextLength - 3 }),
        'promptTokenIds: found 4 prompt tokens and',
      ],
    ])('refuses %s', async (_name, change, message) => {
      const generating = engine.generate(request(change()));
      await expect(generating).rejects.toMatchObject({ code: 'invalid_argument' });
      await expect(generating).rejects.toThrow(message);
    });

    it('does nothing for a caller that has already given up', async () => {
      const signal = AbortSignal.abort();
      await expect(engine.generate(request(), signal)).rejects.toMatchObject({ code: 'cancelled' });
      await expect(engine.load(subject.policies[1], signal)).rejects.toMatchObject({ code: 'cancelled' });
      expect(await engine.generate(request())).toHaveLength(4);
    });
  });
}
