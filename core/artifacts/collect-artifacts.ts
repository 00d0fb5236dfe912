import { weightsHash } from '../network/model-directory/weights-hash.js';
import { MajlisError } from '../errors.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectableStore, StoredArtifact } from './collectable-store.js';
import { MOST_MANIFEST_BYTES, parseManifest } from './directory-manifest.js';
import type { DirectoryManifest } from './directory-manifest.js';

export interface Collection {
  /** Whether something still names this content: an artifact's own key, or the hash of a file or of a model's weights. */
  readonly isNamed: (sha256: string) => boolean;
  /**
   * In milliseconds since the Unix epoch. What was put since then stays: it may be part of an upload whose manifest is still
   * to come, or what a message that is under way refers to.
   */
  readonly changedBeforeMs: number;
  /** Tells what would be removed, and removes nothing. */
  readonly dryRun: boolean;
}

/** What a collection removed, or would remove, and what it left. */
export interface CollectedArtifacts {
  readonly artifacts: number;
  readonly bytes: number;
  /** Artifacts that stay, those that are too young to be judged among them. */
  readonly kept: number;
  readonly young: number;
  /** Keys of artifacts that could be manifests and cannot be read; they are left as they are. */
  readonly damaged: readonly string[];
}

const REMOVED_AT_ONCE = 16;

/**
 * Removes what nothing names from a store. A directory's parts are kept by its manifest, and that by its own key, by any file
 * or by the weights of it that are named. Manifests go before their parts, so that a crash in between leaves parts without a
 * manifest, which go next time, and never a manifest without its parts. The one who collects owns the store: nobody puts what
 * is old and unnamed again at the same moment.
 */
export async function collectArtifacts(
  store: Pick<ArtifactStore, 'get'> & CollectableStore,
  collection: Collection,
): Promise<CollectedArtifacts> {
  const stored: StoredArtifact[] = [];
  for await (const artifact of store.list()) stored.push(artifact);
  const { kept, manifests, damaged } = await mark(store, stored, collection);
  const gone = stored.filter(({ sha256 }) => !kept.has(sha256));
  if (!collection.dryRun) {
    await removeAll(
      store,
      gone.filter(({ sha256 }) => manifests.has(sha256)),
    );
    await removeAll(
      store,
      gone.filter(({ sha256 }) => !manifests.has(sha256)),
    );
  }
  return {
    artifacts: gone.length,
    bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: stored.length - gone.length,
    young: stored.filter((artifact) => isYoung(artifact, collection)).length,
    damaged,
  };
}

interface Marks {
  readonly kept: ReadonlySet<string>;
  readonly manifests: ReadonlySet<string>;
  readonly damaged: readonly string[];
}

async function mark(
  store: Pick<ArtifactStore, 'get'>,
  stored: readonly StoredArtifact[],
  collection: Collection,
): Promise<Marks> {
  const { isNamed } = collection;
  const marks = { kept: new Set<string>(), manifests: new Set<string>(), damaged: [] as string[] };
  for (const artifact of stored) {
    const { sha256 } = artifact;
    const manifest = await manifestAt(store, artifact);
    const isManifest = typeof manifest === 'object';
    if (isManifest) marks.manifests.add(sha256);
    if (manifest === 'damaged') marks.damaged.push(sha256);
    const isDirectoryNamed = isManifest && names(manifest, isNamed);
    const stays =
      isYoung(artifact, collection) || isNamed(sha256) || isDirectoryNamed || manifest === 'damaged';
    if (!stays) continue;
    marks.kept.add(sha256);
    for (const { parts } of isManifest ? manifest.files : []) for (const part of parts) marks.kept.add(part);
  }
  return marks;
}

function isYoung({ changedAtMs }: StoredArtifact, { changedBeforeMs }: Collection): boolean {
  return changedAtMs >= changedBeforeMs;
}

/** What an artifact is a manifest of, if it is one. A damaged one's parts need not stay: to heal it is to put them again. */
async function manifestAt(
  store: Pick<ArtifactStore, 'get'>,
  { sha256, bytes }: StoredArtifact,
): Promise<DirectoryManifest | 'damaged' | undefined> {
  if (bytes > MOST_MANIFEST_BYTES) return undefined;
  try {
    return parseManifest(await store.get(sha256), sha256);
  } catch (thrown) {
    const { code } = MajlisError.from(thrown);
    if (code === 'data_loss') return 'damaged';
    // Not a manifest, or gone since it was listed.
    if (code === 'invalid_argument' || code === 'not_found') return undefined;
    throw thrown;
  }
}

function names({ files }: DirectoryManifest, isNamed: (sha256: string) => boolean): boolean {
  const weights = weightsHash(files);
  return files.some(({ sha256 }) => isNamed(sha256)) || (weights !== undefined && isNamed(weights));
}

async function removeAll(store: CollectableStore, gone: readonly StoredArtifact[]): Promise<void> {
  for (let start = 0; start < gone.length; start += REMOVED_AT_ONCE) {
    const round = gone.slice(start, start + REMOVED_AT_ONCE);
    await Promise.all(round.map(({ sha256 }) => store.remove(sha256)));
  }
}
