import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishDirectory } from '../../../../../core/artifacts/directory-artifact.js';
import { MemoryArtifacts } from '../../../../../core/artifacts/memory-artifacts.js';
import type { PolicyAnnouncement } from '../../../../../core/domain/worker.js';
import { PolicyStore } from '../../../../../workers/rollout/session/policy-store.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

describe('PolicyStore', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;
  const artifacts = new MemoryArtifacts();
  const cache = (): string => join(folder(), 'cache');

  async function store(keep?: number): Promise<PolicyStore> {
    const options = { folder: cache(), artifacts };
    const opened = new PolicyStore({ ...options, ...(keep === undefined ? {} : { keep }) });
    await opened.open();
    return opened;
  }

  /** A policy that is published from a folder of another machine. */
  async function announced(version: number, hash?: string): Promise<PolicyAnnouncement> {
    const source = join(folder(), `source-${version}`);
    mkdirSync(source);
    const weights = `weights ${version}`;
    writeFileSync(join(source, 'model.safetensors'), weights);
    writeFileSync(join(source, 'config.json'), '{}');
    return {
      run: 'r',
      policy: {
        version,
        hash: hash ?? createHash('sha256').update(weights).digest('hex'),
        location: `/elsewhere/policy-${version}`,
      },
      contentKey: await publishDirectory(artifacts, source),
      oldestVersion: 0,
    };
  }

  it('uses the folder that the coordinator names where this machine sees it', async () => {
    const announcement = await announced(0);
    const policy = { ...announcement.policy, location: join(folder(), 'source-0') };
    const found = await (await store()).directoryOf({ ...announcement, policy }, never);
    expect(found).toEqual(policy);
    expect(readdirSync(cache())).toEqual([]);
  });

  it('fetches what it does not see, once for all who ask, and what it sees and is another', async () => {
    const announcement = await announced(1);
    const here = await store();
    const [one, other] = await Promise.all([
      here.directoryOf(announcement, never),
      here.directoryOf(announcement, never),
    ]);
    const { hash } = announcement.policy;
    expect([one.location, other.location]).toEqual([join(cache(), hash), join(cache(), hash)]);
    expect(readdirSync(one.location).sort()).toEqual(['config.json', 'model.safetensors']);
    mkdirSync(join(folder(), 'stale'));
    writeFileSync(join(folder(), 'stale', 'model.safetensors'), 'weights of somebody else');
    const stale = { ...announcement.policy, location: join(folder(), 'stale') };
    expect((await here.directoryOf({ ...announcement, policy: stale }, never)).location).toBe(one.location);
  });

  it('fetches nothing whose weights are others than the policy names, nor what has none', async () => {
    const announcement = await announced(2, 'f'.repeat(64));
    const get = jest.spyOn(artifacts, 'get');
    await expect((await store()).directoryOf(announcement, never)).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringMatching(
        /^what was announced as policy f{64} has weights of sha256 [0-9a-f]{64}$/,
      ),
    });
    expect(get.mock.calls).toEqual([[announcement.contentKey]]);
    get.mockRestore();
    expect(readdirSync(cache())).toEqual([]);
    mkdirSync(join(folder(), 'bare'));
    writeFileSync(join(folder(), 'bare', 'config.json'), '{}');
    const contentKey = await publishDirectory(artifacts, join(folder(), 'bare'));
    await expect((await store()).directoryOf({ ...announcement, contentKey }, never)).rejects.toThrow(
      'has no weights',
    );
  });

  it('keeps out of other folders, whatever a policy calls itself', async () => {
    mkdirSync(join(folder(), 'mine'));
    await expect((await store()).directoryOf(await announced(7, '../mine'), never)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(readdirSync(folder())).toContain('mine');
  });

  it('keeps the last few, also those of an earlier process', async () => {
    const [a, b, c] = [await announced(3), await announced(4), await announced(5)];
    await (await store(2)).directoryOf(a, never);
    const next = await store(2);
    await next.directoryOf(b, never);
    await next.directoryOf(c, never);
    expect(readdirSync(cache()).sort()).toEqual([b.policy.hash, c.policy.hash].sort());
  });

  it('says what is missing where a policy can be had nowhere', async () => {
    const { run, policy, oldestVersion } = await announced(6);
    const bare = { run, policy, oldestVersion };
    await expect((await store()).directoryOf(bare, never)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('/elsewhere/policy-6, which this machine does not see'),
    });
  });
});
