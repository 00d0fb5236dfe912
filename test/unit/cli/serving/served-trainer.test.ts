import { setImmediate } from 'node:timers/promises';
import { ServedTrainer } from '../../../../cli/serving/served-trainer.js';
import { MajlisError } from '../../../../core/errors.js';
import type { TrainerCapabilities } from '../../../../core/trainer/trainer.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

/** A trainer of which a test says whether it is there, and since when. */
class Mortal extends FakeTrainer {
  incarnation = 'first';
  failure: MajlisError | undefined;
  closed = false;
  /** Says nothing, until its connection ends. */
  isHung = false;
  private hangUp: () => void = () => undefined;

  constructor() {
    super({ vocabSize: 2, published: new Map(), saved: new Map() });
  }

  override async capabilities(): Promise<TrainerCapabilities> {
    if (this.failure !== undefined) throw this.failure;
    if (this.isHung) {
      await new Promise<void>((_, reject) => (this.hangUp = () => reject(gone('cancelled'))));
    }
    return { ...(await super.capabilities()), incarnationId: this.incarnation };
  }

  override async close(): Promise<void> {
    this.closed = true;
    this.hangUp();
  }
}

const gone = (code: MajlisError['code'] = 'unavailable'): MajlisError =>
  new MajlisError('nobody listens at /secret', { code });

describe('a PyTorch trainer that scores for a reward server', () => {
  let clock: FakeClock;
  let mortal: Mortal;
  let served: ServedTrainer;
  let told: string[];
  let proofs: number;
  let proof: () => Promise<void>;

  const passes = async (): Promise<void> => {
    await clock.advance(1000);
    await setImmediate();
  };
  const scored = (): Promise<number> => served.ask(async () => 7);

  beforeEach(async () => {
    clock = new FakeClock();
    mortal = new Mortal();
    told = [];
    proofs = 0;
    proof = async () => undefined;
    const onChange = (sentence: string): void => void told.push(sentence);
    served = new ServedTrainer({ address: 'gpu:7300', key: 'k', trainer: mortal, clock, onChange });
    served.keep(() => {
      proofs += 1;
      return proof();
    });
    await setImmediate();
  });
  afterEach(async () => {
    await served.close();
    expect([mortal.closed, clock.sleeping]).toEqual([true, 0]);
  });

  it('answers what it is asked while it is there', async () => {
    await passes();
    expect(await scored()).toBe(7);
    expect([served.absence, told, proofs]).toEqual([undefined, [], 0]);
  });

  it('is away from its first failure on: it is asked no more, and whoever asks is told when to ask again', async () => {
    mortal.failure = gone();
    const failing = served.ask(() => Promise.reject(gone()));
    await expect(failing).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 2000 });
    await expect(failing).rejects.not.toThrow(/secret|gpu/);
    let asked = 0;
    await expect(served.ask(async () => (asked += 1))).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toBe(0);
    expect(served.absence).toBe('nobody listens at /secret');
    expect(told).toEqual([
      expect.stringMatching(/^the trainer at gpu:7300 cannot score: nobody listens.* Next: see that it runs/),
    ]);
  });

  it('is found to be away without being asked for scores', async () => {
    mortal.failure = gone();
    await passes();
    expect(served.absence).toBe('nobody listens at /secret');
  });

  it('is back once all that stands in it has scored, and not before', async () => {
    mortal.failure = gone();
    await passes();
    mortal.failure = undefined;
    mortal.incarnation = 'second';
    proof = () => Promise.reject(new MajlisError('model/x is damaged', { code: 'data_loss' }));
    await passes();
    expect(served.absence).toBe('model/x is damaged');
    proof = async () => undefined;
    await passes();
    expect([served.absence, proofs, await scored()]).toEqual([undefined, 2, 7]);
    expect(told).toEqual([expect.anything(), 'the trainer at gpu:7300 scores again']);
  });

  it('is away while it loads again what a quick restart lost, though no call of it failed', async () => {
    await passes();
    let loaded = (): void => undefined;
    proof = () => new Promise((resolve) => (loaded = resolve));
    mortal.incarnation = 'second';
    await passes();
    await expect(scored()).rejects.toMatchObject({ code: 'unavailable' });
    loaded();
    await setImmediate();
    expect(await scored()).toBe(7);
  });

  it.each(['unauthenticated', 'permission_denied', 'not_found', 'data_loss'] as const)(
    'takes %s for its own fault, which is none of the caller',
    async (code) => {
      const failing = served.ask(() => Promise.reject(gone(code)));
      await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  it.each(['invalid_argument', 'deadline_exceeded', 'resource_exhausted'] as const)(
    'passes %s on, and is still there',
    async (code) => {
      await expect(served.ask(() => Promise.reject(gone(code)))).rejects.toMatchObject({ code });
      expect(served.absence).toBeUndefined();
    },
  );

  it('is not away because it says nothing while it computes, but because it says nothing at all', async () => {
    mortal.failure = gone('deadline_exceeded');
    let done = (): void => undefined;
    const busy = served.ask(() => new Promise<void>((resolve) => (done = resolve)));
    await passes();
    expect(served.absence).toBeUndefined();
    done();
    await busy;
    await passes();
    expect(served.absence).toBeDefined();
  });

  it('is named where it does not let the server in, with what it asks for', async () => {
    const loading = served.load(() => Promise.reject(gone('unauthenticated')));
    await expect(loading).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(loading).rejects.toThrow(/^The trainer at gpu:7300 does not .* Next: .*tokenFile/);
    await expect(served.load(() => Promise.reject(gone('data_loss')))).rejects.toThrow(/^nobody listens/);
  });

  it('is closed while it says nothing, and is then nobody’s concern', async () => {
    mortal.isHung = true;
    await passes();
    await served.close();
    expect(told).toEqual([]);
  });

  it('tells of a model that could not be deleted in it, and fails for no other reason', async () => {
    for (const code of ['unavailable', 'deadline_exceeded', 'cancelled'] as const) {
      await served.free(() => Promise.reject(gone(code)));
    }
    const left = expect.stringMatching(/^a model may be left in the trainer at gpu:7300/) as unknown;
    expect(told).toEqual([left, left, left]);
    await expect(served.free(() => Promise.reject(gone('internal')))).rejects.toMatchObject({
      code: 'internal',
    });
  });
});
