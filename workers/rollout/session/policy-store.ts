import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSha256 } from '../../../core/artifacts/artifact-refusals.js';
import type { ArtifactStore } from '../../../core/artifacts/artifact-store.js';
import { fetchDirectory } from '../../../core/artifacts/directory-artifact.js';
import { readDirectoryManifest } from '../../../core/artifacts/directory-manifest.js';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { PolicyAnnouncement } from '../../../core/domain/worker.js';
import { MajlisError } from '../../../core/errors.js';
import { hashModelWeights } from '../../../core/network/model-directory/hash-model-weights.js';
import { weightsHash } from '../../../core/network/model-directory/weights-hash.js';

export interface PolicyStoreOptions {
  /** Fetched policies are kept in here, each in a folder of its hash. One process uses it. */
  readonly folder: string;
  /** Where policies are fetched that this machine does not see. */
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  /** Fetched policies that stay on disk; 3 unless told. */
  readonly keep?: number;
}

const KEPT = 3;
/** More than are sampled from at a time. Who comes back to an older one has it hashed again. */
const MOST_VERIFIED = 16;

/**
 * Announced policies as directories of this machine. Nothing is given out whose weights do not have the policy's hash: a
 * directory whose manifest says other weights is not fetched, as `data_loss`.
 */
export class PolicyStore {
  /** In the order of their last use. */
  private fetched: string[] = [];
  private readonly verified = new Set<string>();
  private readonly fetching = new Map<string, Promise<string>>();

  constructor(private readonly options: PolicyStoreOptions) {}

  /** Takes stock of what an earlier process left. */
  async open(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
    const names = await readdir(this.options.folder);
    this.fetched = names.filter((name) => !name.startsWith('.')).sort();
  }

  /** The policy, with a directory of this machine as its location. */
  async directoryOf(announcement: PolicyAnnouncement, signal: AbortSignal): Promise<PolicyVersion> {
    const { policy } = announcement;
    if (await this.isSeen(policy)) return policy;
    const { hash } = policy;
    const running = this.fetching.get(hash) ?? this.fetch(announcement, signal);
    this.fetching.set(hash, running);
    try {
      return { ...policy, location: await running };
    } finally {
      this.fetching.delete(hash);
    }
  }

  /** Whether the location is a folder of this machine that holds these very weights. */
  private async isSeen({ hash, location }: PolicyVersion): Promise<boolean> {
    if (!existsSync(location)) return false;
    const key = `${hash} ${location}`;
    if (this.verified.has(key)) return true;
    const found = await hashModelWeights(location).catch(() => undefined);
    if (found !== hash) return false;
    this.verified.add(key);
    for (const oldest of [...this.verified].slice(0, -MOST_VERIFIED)) this.verified.delete(oldest);
    return true;
  }

  private async fetch({ policy, contentKey }: PolicyAnnouncement, signal: AbortSignal): Promise<string> {
    const { hash, location } = policy;
    requireSha256(hash);
    const directory = join(this.options.folder, hash);
    if (contentKey === undefined) {
      const message = `policy ${hash} lies at ${location}, which this machine does not see, and is in no store`;
      throw new MajlisError(message, { code: 'unavailable' });
    }
    await this.requireWeights(hash, contentKey);
    await fetchDirectory(this.options.artifacts, contentKey, directory, signal);
    await this.keep(hash);
    return directory;
  }

  /** By the manifest, before anything else is fetched. Each file that comes is held against it. */
  private async requireWeights(hash: string, contentKey: string): Promise<void> {
    const { files } = await readDirectoryManifest(this.options.artifacts, contentKey);
    const found = weightsHash(files);
    if (found === hash) return;
    const what = found === undefined ? 'no weights' : `weights of sha256 ${found}`;
    throw new MajlisError(`what was announced as policy ${hash} has ${what}`, { code: 'data_loss' });
  }

  private async keep(hash: string): Promise<void> {
    const { folder, keep = KEPT } = this.options;
    this.fetched = [...this.fetched.filter((known) => known !== hash), hash];
    while (this.fetched.length > keep) {
      const oldest = this.fetched.shift();
      if (oldest !== undefined) await rm(join(folder, oldest), { recursive: true, force: true });
    }
  }
}
