import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServedArtifacts } from '../../../../cli/commands/worker/served-artifacts.js';
import { openDepot } from '../../../../cli/fleet/open-depot.js';
import { serveArtifacts } from '../../../../core/artifacts/http/serve-artifacts.js';
import { SegmentArtifacts } from '../../../../core/artifacts/segment-artifacts.js';
import { NO_TRACING } from '../../../../core/telemetry/tracing/no-tracing.js';
import { systemClock } from '../../../../core/runtime/clock.js';
import { createPinoLogger } from '../../../../core/telemetry/pino-logger.js';
import { authorizeToken } from '../../../../core/trust/authorize.js';
import { PolicyStore } from '../../../../workers/rollout/session/policy-store.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const TOKEN = 'a token of this machine';

describe('a policy on its way to a worker of another machine', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;

  const logger = createPinoLogger({ level: 'error' });
  const open = () => openDepot(undefined, { folder: folder(), clock: systemClock, logger });

  function published(version: number): { readonly directory: string; readonly hash: string } {
    const directory = join(folder(), 'runs', `policy-${version}`);
    mkdirSync(directory, { recursive: true });
    const weights = `weights ${version}`;
    writeFileSync(join(directory, 'model.safetensors'), weights);
    return { directory, hash: createHash('sha256').update(weights).digest('hex') };
  }

  it('is offered by the coordinator, fetched over HTTP with the token, and verified', async () => {
    const { forWorkers, forBus, publish, close } = await open();
    const { directory, hash } = published(0);
    const contentKey = await publish(directory);
    const authorize = authorizeToken(TOKEN, { name: 'node', role: 'worker' });
    const server = await serveArtifacts({ store: forWorkers, authorize });
    const artifacts = new ServedArtifacts(systemClock, NO_TRACING);
    try {
      await expect(artifacts.get(hash)).rejects.toMatchObject({ code: 'unavailable' });
      artifacts.use({ address: '127.0.0.1:1', token: TOKEN }, server.port);
      const store = new PolicyStore({ folder: join(folder(), 'worker'), artifacts });
      await store.open();
      const policy = { version: 0, hash, location: '/of/another/machine' };
      const announcement = { run: 'r', policy, contentKey, oldestVersion: 0 };
      const { location } = await store.directoryOf(announcement, never);
      expect(location).toBe(join(folder(), 'worker', hash));
      const key = await artifacts.put(Buffer.from('a large result'));
      expect(Buffer.from(await forBus.get(key)).toString()).toBe('a large result');
    } finally {
      close();
      artifacts.close();
      await server.close();
    }
  });

  it('is all that a worker reaches of a workspace, beside messages', async () => {
    const own = await SegmentArtifacts.open({ folder: join(folder(), 'segments') });
    const answers = await own.put(Buffer.from("the run's answers"));
    const { forWorkers, close } = await open();
    await expect(forWorkers.get(answers)).rejects.toMatchObject({ code: 'not_found' });
    close();
    await own.close();
  });

  it('is offered no longer than the fleet is told of it', async () => {
    const { forWorkers, publish, close } = await open();
    const keys: string[] = [];
    for (let version = 0; version < 10; version += 1) keys.push(await publish(published(version).directory));
    expect(await Promise.all(keys.map((key) => forWorkers.has(key)))).toEqual([
      ...[false, false],
      ...Array.from({ length: 8 }, () => true),
    ]);
    // What an earlier process offered is announced anew where it is still wanted.
    close();
    const next = await open();
    expect(await next.forWorkers.has(keys[9])).toBe(false);
    next.close();
  });
});
