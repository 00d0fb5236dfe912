/** The judge gateway under TLS, for its own token and for those of a tokens file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayAddress } from '../../../cli/judges/gateway-address.js';
import { startGatewayServer, type GatewayServer } from '../../../cli/judges/gateway-server.js';
import { ensureGatewayToken } from '../../../cli/judges/gateway-token.js';
import { openMemoryJudgements } from '../../../core/judgements/memory-judgements.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { createGateway } from '../../../reward/gateway/create-gateway.js';
import { gatewayConfigSchema, type GatewayConfig } from '../../../reward/gateway/gateway-config.js';
import { GatewayClient } from '../../../reward/rpc/gateway-client.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const folder = useLastingFolder();
const clock = systemClock;
const path = (name: string): string => join(folder(), name);
let server: GatewayServer;
let config: GatewayConfig;

function configOf(listen: object): GatewayConfig {
  const price = { promptPerMillion: 0, completionPerMillion: 0 };
  return gatewayConfigSchema.parse({
    listen: { port: 0, ...listen },
    budget: { currency: 'USD' },
    endpoints: { here: { url: 'http://127.0.0.1:1/v1' } },
    judges: [{ id: 'judge', model: 'test', routes: [{ endpoint: 'here', price }] }],
  });
}

async function start(of: GatewayConfig): Promise<GatewayServer> {
  const configPath = path('gateway.yaml');
  const token = await ensureGatewayToken(of, configPath);
  const store = await openMemoryJudgements(clock);
  const gateway = await createGateway({ config: of, configPath, store, clock });
  return startGatewayServer({ gateway, config: of, configPath, token, clock });
}

/** Ids of the judges that who shows this token is told of. */
async function asked(token?: string): Promise<readonly string[]> {
  const own = await gatewayAddress(config, path('gateway.yaml'), clock);
  const shown = { ...own, address: server.address, ...(token === undefined ? {} : { token }) };
  const client = new GatewayClient(shown, clock);
  try {
    return (await client.judges()).map(({ id }) => id);
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  const ours = makeAuthority('our CA');
  writeFileSync(path('ca.crt'), ours.pem);
  writeLeaf(folder(), 'gateway', makeLeaf(ours, { commonName: 'gateway', names: ['IP:127.0.0.1'] }));
  writeFileSync(path('reader.token'), 'the token of a reader, long');
  writeFileSync(path('worker.token'), 'the token of a worker, long');
  const tokens = [
    { name: 'dashboard', role: 'reader', tokenFile: 'reader.token' },
    { name: 'pool', role: 'worker', tokenFile: 'worker.token' },
  ];
  writeFileSync(path('tokens.yaml'), JSON.stringify({ tokens }));
  const tls = { ca: 'ca.crt', certificate: 'gateway.crt', key: 'gateway.key' };
  config = configOf({ tls, tokens: 'tokens.yaml' });
  server = await start(config);
});

afterAll(() => server.stop());

it('answers whoever has its file, and whoever the tokens file lets', async () => {
  expect(await asked()).toEqual(['judge']);
  expect(await asked('the token of a reader, long')).toEqual(['judge']);
});

it('refuses who has another role, or none', async () => {
  await expect(asked('the token of a worker, long')).rejects.toMatchObject({
    code: 'permission_denied',
    message:
      'pool is worker and may not call /majlis.v1.JudgeService/ListJudges; admin or researcher or reader may',
  });
  await expect(asked('a guess')).rejects.toMatchObject({ code: 'unauthenticated' });
});

it('does not show its token in plaintext to other machines unless told', async () => {
  await expect(start(configOf({ host: '0.0.0.0' }))).rejects.toThrow(
    'the gateway may not listen on 0.0.0.0, which other machines can reach: tokens would be shown there in plaintext. Next: give it a certificate and its key, or a loopback address; "insecure: true" under "listen" of its file allows it',
  );
  const open = await start(configOf({ host: '0.0.0.0', insecure: true }));
  await open.stop();
});
