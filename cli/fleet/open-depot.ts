import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { FileArtifacts } from '../../core/artifacts/file-artifacts.js';
import { MessageArtifacts } from '../../core/artifacts/message-artifacts.js';
import { PublishedDirectories } from '../../core/artifacts/published-directories.js';
import type { ArtifactsPlace } from '../../core/config/artifacts-place.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { openArtifacts } from './open-artifacts.js';
import type { OpenArtifacts } from './open-artifacts.js';
import { PolicyDepot } from './policy-depot.js';

/** Policies that stay there: as many as the fleet is told of. A policy's directory in the workspace stays the truth. */
const KEPT = 8;

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
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens it at the place that `--artifacts` names, or else in the workspace. */
export async function openDepot(place: ArtifactsPlace | undefined, context: DepotContext): Promise<Depot> {
  const { store, close } = await openPolicies(place, context);
  const { logger } = context;
  const policies = new PublishedDirectories({
    store,
    keep: KEPT,
    onFailure: (error) => logger.warn('an older policy could not be removed', { error }),
  });
  const publish = (directory: string): Promise<string> => policies.publish(directory);
  if (place !== undefined) return { forWorkers: store, forBus: store, publish, close };
  const messages = await openMessages(context);
  return {
    forWorkers: new PolicyDepot(store, messages.store),
    forBus: messages.forBus,
    publish,
    close: () => {
      messages.forBus.close();
      close();
    },
  };
}

/** What workers put and get beside policies: a folder of its own, so that they reach nothing else of the workspace. */
async function openMessages({
  folder,
  clock,
  logger,
}: DepotContext): Promise<{ readonly store: ArtifactStore; readonly forBus: MessageArtifacts }> {
  const store = new FileArtifacts(join(folder, 'large-messages'), clock);
  const onFailure = (thrown: unknown): void => {
    const error = MajlisError.from(thrown);
    logger.warn('a message that was read could not be removed', { error });
  };
  return { store, forBus: await MessageArtifacts.open({ store, clock, onFailure }) };
}

async function openPolicies(
  place: ArtifactsPlace | undefined,
  { folder, clock }: DepotContext,
): Promise<{ readonly store: OpenArtifacts['store']; readonly close: () => void }> {
  if (place !== undefined) {
    const opened = await openArtifacts(place, clock);
    return { store: opened.store, close: () => opened.close() };
  }
  const offered = join(folder, 'offered-policies');
  // What an earlier process offered is announced anew where it is still wanted.
  await rm(offered, { recursive: true, force: true });
  return { store: new FileArtifacts(offered, clock), close: () => undefined };
}
