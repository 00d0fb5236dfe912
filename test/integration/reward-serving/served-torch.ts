/** The reward server as users start it, over networks that a PyTorch trainer has trained and scores. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RewardsKeeper } from '../../../cli/serving/rewards-keeper.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import { scoreSequences } from '../../../reward/model/model-in-trainer.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS } from '../../../reward/serving/reward-limits.js';
import type { PromptToScore } from '../../../reward/serving/reward-service.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { readServingConfig } from '../../../reward/serving/serving-config.js';
import { writeNetworkRun, type NetworkRun } from '../../support/network-run.js';
import { quietTrainers } from '../../support/quiet-trainers.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';
import { RewardServer } from './reward-server.js';

const NAMES = ['first', 'second'];
const OTHER = 'زُر القاهرة، فهي مدينة جميلة على النيل.';

/** A PyTorch trainer that a test has started. */
export interface TorchRig {
  readonly trainer: () => GrpcTrainer;
  readonly address: () => string;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Another process in its place. */
  readonly start: () => Promise<void>;
}

/** Its trainer is another one after it. */
export function describeServedTorch(rig: TorchRig): void {
  describe('networks of it, served', () => {
    const folder = useLastingFolder();
    let run: NetworkRun;
    let server: RewardServer;

    const rewards = (active: string): object => ({
      trainer: { torch: { address: rig.address() } },
      rewards: { active: { rubric: 'ar-msa', model: `runs/r/rewards/${active}` } },
      // What is kept would be answered without a trainer.
      limits: { cacheBytes: 0 },
    });
    const write = (config: object, name = 'rewards.yaml'): string => {
      const path = join(folder(), name);
      writeFileSync(path, stringify(config));
      return path;
    };
    const post = (path: string, body: object): Promise<Response> =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const asking = (): object => ({
      items: [{ prompt: run.prompt.text, answers: [{ text: run.answer }, { text: OTHER }] }],
    });
    /** What the trainer itself says of the same answers, on the scale of the run. */
    const expected = async (at: number): Promise<readonly { raw: unknown; normalized: unknown }[]> => {
      const scores = await scoreSequences(run.trained[at], [run.sequence(run.answer), run.sequence(OTHER)]);
      return scores.map(({ mean }) => ({
        raw: expect.closeTo(mean, 6) as unknown,
        normalized: expect.closeTo((mean - 0.5) / 2, 6) as unknown,
      }));
    };
    const plain = (): PromptToScore[] => [
      { prompt: run.prompt.text, answers: [{ text: run.answer }, { text: OTHER }] },
    ];
    /** The service in this process, which looks at its file more often. */
    const served = async (config: object) => {
      const all = new ServedRewards();
      const trainers = quietTrainers();
      let tell: (what: string) => void = () => undefined;
      const keeper = await RewardsKeeper.open({
        ...{ file: write(config), rewards: all, trainers, everyMs: 5 },
        read: () => readServingConfig(join(folder(), 'rewards.yaml')),
        onTaken: () => tell('took up'),
        onRefused: ({ message }) => tell(message),
      });
      const limits = { ...DEFAULT_REWARD_LIMITS, cacheBytes: 0 };
      return {
        service: createRewardService({ rewards: all, limits, clock: systemClock }),
        /** What its file brings about next. */
        next: () => new Promise<string>((resolve) => (tell = resolve)),
        close: async () => {
          await keeper.close();
          await trainers.close();
        },
      };
    };
    const wanted: object[] = [];
    const inProcess: object[] = [];

    beforeAll(async () => {
      const choice = { torch: { address: 'gpu-1:7300' } };
      run = await writeNetworkRun(folder(), { trainer: rig.trainer(), names: NAMES, choice });
      for (const [at, hash] of NAMES.entries()) {
        const scores = await expected(at);
        inProcess.push([scores.map((score) => ({ kind: 'scored', score }))]);
        wanted.push({
          ...{ rubric_hash: run.rubricHash, reward_model_hash: hash },
          outcomes: [scores.map(({ raw, normalized }) => ({ kind: 'scored', raw, reward: normalized }))],
        });
      }
      server = await RewardServer.start(['--config', write(rewards('second'), 'served.yaml')]);
    });
    afterAll(async () => {
      const { status } = await server.stop();
      expect(status).toBe(0);
    });

    it('pay what the trainer scores, under the hash that the run gave the model', async () => {
      expect(server.lines[0]).toMatch(/network second in the trainer at 127\.0\.0\.1:\d+$/);
      expect(await (await post('/v1/score', asking())).json()).toEqual(wanted[1]);
      expect((await fetch(`${server.health}/readyz`)).status).toBe(200);
    });

    it('are moved to by an alias, never mixed, and not to weights that are another model', async () => {
      const { service, next, close } = await served(rewards('first'));
      const told = new Set<string>();
      const ask = async (): Promise<void> => {
        const request = { reward: { alias: 'active' }, items: plain() };
        const { rewardModelHash, outcomes } = await service.score(request, { caller: 'test' });
        expect(outcomes).toEqual(inProcess[NAMES.indexOf(rewardModelHash)]);
        told.add(rewardModelHash);
      };
      await ask();
      const taken = next();
      write(rewards('second'));
      while (told.size < 2) await ask();
      expect(await taken).toBe('took up');
      expect([...told]).toEqual(NAMES);

      const weights = join(folder(), 'runs/r/rewards/first/model');
      rmSync(weights, { recursive: true });
      cpSync(join(folder(), 'runs/r/rewards/second/model'), weights, { recursive: true });
      const refused = next();
      write(rewards('first'));
      expect(await refused).toMatch(
        new RegExp(`${weights} holds .* found sha256 \\w{64} after 3 steps; .* names sha256 \\w{64} after 3`),
      );
      told.clear();
      await ask();
      expect([...told]).toEqual(['second']);
      await close();
    });

    it('are unavailable in whatever contract while the trainer is away, and say when to ask again', async () => {
      await rig.kill();
      const asked = [
        ['/v1/score', asking()],
        ['/get_reward', { query: [run.prompt.text + run.answer], prompts: [run.prompt.text], labels: [''] }],
        ['/', { prompt: run.prompt.text, response: run.answer, label: '' }],
      ] as const;
      for (const [path, body] of asked) {
        const reply = await post(path, body);
        expect([path, reply.status, reply.headers.get('retry-after')]).toEqual([path, 503, '2']);
        expect(await reply.json()).toMatchObject({ code: 'unavailable' });
      }
      const unready = await fetch(`${server.health}/readyz`);
      expect(unready.status).toBe(503);
      expect(await unready.text()).toContain('active cannot be scored: the trainer at');
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    });

    it('are served again when it is back, which has lost them', async () => {
      await rig.start();
      await server.said(/scores again/);
      expect(await (await post('/v1/score', asking())).json()).toEqual(wanted[1]);
      await until('it is ready', async () => (await fetch(`${server.health}/readyz`)).status === 200);
    });
  });
}
