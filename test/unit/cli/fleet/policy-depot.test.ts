import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServedArtifacts } from '../../../../cli/commands/worker/served-artifacts.js';
import { PolicyDepot } from '../../../../cli/fleet/policy-depot.js';
import { serveArtifacts } from '../../../../core/artifacts/http/serve-artifacts.js';
import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';
import { systemClock } from '../../../../core/runtime/clock.js';
import { authorizeToken } from '../../../../core/trust/authorize.js';
import { PolicyStore } from '../../../../workers/rollout/session/policy-store.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const TOKEN = 'a token of this machine';

describe('a policy on its way to a worker of another machine', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;

  function published(version: number): { readonly directory: string; readonly hash: string } {
    const directory = join(folder(), 'runs', `policy-${version}`);
    mkdirSync(directory, { recursive: true });
    const weights = `weights ${version}`;
    writeFileSync(join(directory, 'model.safetensors'), weights);
    return { directory, hash: createHash('sha256').update(weights).digest('hex') };
  }

  it('is offered by the coordinator, fetched over HTTP with the token, and verified', async () => {
    const depot = await PolicyDepot.open(join(folder(), 'offered'), new MemoryArtifacts());
    const { directory, hash } = published(0);
    const contentKey = await depot.offer(directory);
    const authorize = authorizeToken(TOKEN, { name: 'node', role: 'worker' });
    const server = await serveArtifacts({ store: depot, authorize });
    const artifacts = new ServedArtifacts(systemClock);
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
      expect(await depot.has(key)).toBe(true);
    } finally {
      artifacts.close();
      await server.close();
    }
  });

  it('is offered no longer than the fleet is told of it', async () => {
    const depot = await PolicyDepot.open(join(folder(), 'offered'), new MemoryArtifacts());
    const keys: string[] = [];
    for (let version = 0; version < 10; version += 1)
      keys.push(await depot.offer(published(version).directory));
    expect(readdirSync(join(folder(), 'offered'))).toHaveLength(8);
    expect(await Promise.all(keys.map((key) => depot.has(key)))).toEqual([
      ...[false, false],
      ...Array.from({ length: 8 }, () => true),
    ]);
  });
});
