import { join } from 'node:path';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { publishDirectory } from '../../core/artifacts/directory-artifact.js';
import type { ArtifactsPlace } from '../../core/config/artifacts-place.js';
import type { Clock } from '../../core/runtime/clock.js';
import { openArtifacts } from './open-artifacts.js';
import { PolicyDepot } from './policy-depot.js';

/** What a fleet has beside messages: policies for its workers, and messages that are too large for the bus. */
export interface Depot {
  readonly forWorkers: ArtifactStore;
  readonly forBus: ArtifactStore;
  /** Puts a policy's directory there; its content key. */
  readonly publish: (directory: string) => Promise<string>;
  close(): void;
}

/** A workspace, where no other place is named. */
export interface DepotContext {
  readonly artifacts: ArtifactStore;
  readonly folder: string;
  readonly clock: Clock;
}

/** Opens it at the place that `--artifacts` names; the workspace's own, with the last few policies, where it names none. */
export async function openDepot(
  place: ArtifactsPlace | undefined,
  { artifacts, folder, clock }: DepotContext,
): Promise<Depot> {
  if (place === undefined) {
    const depot = await PolicyDepot.open(join(folder, 'offered-policies'), artifacts);
    const publish = (directory: string): Promise<string> => depot.offer(directory);
    return { forWorkers: depot, forBus: artifacts, publish, close: () => undefined };
  }
  const opened = await openArtifacts(place, clock);
  const { store } = opened;
  const publish = (directory: string): Promise<string> => publishDirectory(store, directory);
  return { forWorkers: store, forBus: store, publish, close: () => opened.close() };
}
