/** The reward service over gRPC under mutual TLS: callers, and so their limits, are the names of their certificates. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRpcServer, type RpcServer } from '../../../core/rpc/server.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { authorizeBy } from '../../../core/trust/authorize.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import type { CertificatePaths } from '../../../core/trust/read-certificates.js';
import { RewardClient } from '../../../reward/rpc/reward-client.js';
import { rewardRpc } from '../../../reward/rpc/reward-rpc.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS } from '../../../reward/serving/reward-limits.js';
import type { RewardReply } from '../../../reward/serving/reward-service.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { lengthReward } from '../../support/served-reward.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const folder = useLastingFolder();
const callers: string[] = [];
let server: RpcServer;

function open(paths: CertificatePaths): Promise<CertificateFiles> {
  const nothing = (): void => undefined;
  return CertificateFiles.open(paths, {
    ...{ clock: systemClock, everyMs: 1000, onRotated: nothing, onRefused: nothing },
  });
}

/** What a client with that certificate is told, over a connection of its own. */
async function asked(name: string | undefined): Promise<RewardReply> {
  const ca = join(folder(), 'ca.crt');
  const own =
    name === undefined
      ? {}
      : { certificate: join(folder(), `${name}.crt`), key: join(folder(), `${name}.key`) };
  const client = new RewardClient({
    ...{ address: server.address, clock: systemClock, software: 'test', retries: 0 },
    tls: await open({ ca, ...own }),
  });
  try {
    return await client.ask({
      reward: { alias: 'active' },
      items: [{ prompt: 'p', answers: [{ text: 'a' }] }],
    });
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  const [ours, theirs] = [makeAuthority('our CA'), makeAuthority('another CA')];
  const ca = join(folder(), 'ca.crt');
  writeFileSync(ca, ours.pem);
  const own = writeLeaf(
    folder(),
    'server',
    makeLeaf(ours, { commonName: 'rewards', names: ['IP:127.0.0.1'] }),
  );
  for (const name of ['team-a', 'stranger']) writeLeaf(folder(), name, makeLeaf(ours, { commonName: name }));
  writeLeaf(folder(), 'forged', makeLeaf(theirs, { commonName: 'team-a' }));
  const rewards = new ServedRewards();
  rewards.pointAlias('active', rewards.load(lengthReward()));
  const caller = (name: string): object => (callers.push(name), {});
  const service = createRewardService({
    ...{ rewards, clock: systemClock, limits: { ...DEFAULT_REWARD_LIMITS, caller } },
  });
  const certificates = [{ subject: 'team-a', name: 'team A', role: 'trainer' as const }];
  server = await startRpcServer({
    services: [rewardRpc({ service, software: 'test', stopping: new AbortController().signal })],
    tls: await open({ ca, ...own }),
    authorize: authorizeBy(() => ({ tokens: [], certificates })),
    graceMs: 0,
  });
});

afterAll(() => server.close());

it('knows a client by its certificate', async () => {
  expect(await asked('team-a')).toMatchObject({ rewardModelHash: 'model-1' });
  expect(callers).toEqual(['team A']);
});

it('refuses a certificate that nobody named, one of another CA, and none', async () => {
  await expect(asked('stranger')).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(asked('forged')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(asked(undefined)).rejects.toMatchObject({ code: 'unavailable' });
  expect(callers).toEqual(['team A']);
});
