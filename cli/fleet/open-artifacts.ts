import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { CollectableStore } from '../../core/artifacts/collectable-store.js';
import { FileArtifacts } from '../../core/artifacts/file-artifacts.js';
import type { ArtifactsPlace } from '../../core/config/artifacts-place.js';
import type { Clock } from '../../core/runtime/clock.js';

/** A store that this process owns, until `close`. */
export interface OpenArtifacts {
  readonly store: ArtifactStore & CollectableStore;
  close(): void;
}

/** Opens the store that `--artifacts` names. A bucket that is not there or may not be read is refused here already. */
export async function openArtifacts(place: ArtifactsPlace, clock: Clock): Promise<OpenArtifacts> {
  if (place.kind === 'folder') {
    return { store: new FileArtifacts(place.folder, clock), close: () => undefined };
  }
  // Loaded where it is used: the SDK is large.
  const { S3Artifacts } = await import('../../core/artifacts/s3/s3-artifacts.js');
  const store = await S3Artifacts.open({ ...place, clock });
  return { store, close: () => store.close() };
}
