/**
 * One coordinator to a pool: two would issue tasks of two runs to the same workers, each run waiting for the other's.
 *
 * - The claim is the last message on the pool's subject of a small stream; it changes hands by compare-and-set alone.
 * - Its holder writes it anew every few seconds. Another one takes it over when it has watched it stay the same for longer
 *   than that, by its own clock: clocks of two machines are never compared.
 * - The same claimant, which is a workspace, takes it over at once: a coordinator that starts again waits for nobody.
 * - Each holding has a higher epoch than every one before.
 * - A server that lost its store is told the claim again.
 */
import { JSONCodec, NatsError, RetentionPolicy, StorageType } from 'nats';
import type { JetStreamManager } from 'nats';
import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { Clock } from '../../runtime/clock.js';
import { natsFailure } from './nats-failure.js';
import { NatsLink } from './nats-link.js';
import { NatsNames, subjectOfRun } from './nats-names.js';
import type { NatsBusOptions } from './nats-options.js';

export interface PoolClaimOptions extends NatsBusOptions {
  readonly pool: string;
  /** Names the workspace, for as long as it exists. */
  readonly claimant: string;
  /** Shown to whoever is refused. */
  readonly described: string;
  /** Somebody else has taken it over: this process was away too long. */
  readonly onLost?: (by: string) => void;
}

/** A pool that is held. */
export interface PoolClaim {
  readonly epoch: number;
  /** Lets go, so that the next coordinator need not wait. */
  release(): Promise<void>;
}

const RENEW_EVERY_MS = 3000;
const STALE_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 500;
const MISSING = 404;
const WRONG_LAST_SEQUENCE = 10_071;

const claimSchema = z.object({
  claimant: z.string(),
  described: z.string(),
  epoch: z.int(),
  isReleased: z.boolean(),
});

interface Standing extends z.infer<typeof claimSchema> {
  readonly sequence: number;
}

/** Claims the pool; `failed_precondition`, naming the holder, where somebody else is at work on it. */
export async function claimPool(options: PoolClaimOptions): Promise<PoolClaim> {
  const link = await NatsLink.open(options);
  try {
    const manager = await link.connection.jetstreamManager({ checkAPI: false });
    const claim = new Claim(link, manager, options);
    await claim.take();
    return claim;
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

class Claim implements PoolClaim {
  epoch = 0;
  private sequence = 0;
  private stopRenewing = (): void => undefined;
  private isOver = false;
  private readonly stream: string;
  private readonly subject: string;
  private readonly subjects: string;

  constructor(
    private readonly link: NatsLink,
    private readonly manager: JetStreamManager,
    private readonly options: PoolClaimOptions,
  ) {
    const address = new NatsNames(options.release).queue('claims');
    this.stream = address.stream;
    this.subjects = address.subjects;
    this.subject = subjectOfRun(address.subjects, options.pool);
  }

  async take(): Promise<void> {
    const { clock, claimant } = this.options;
    await this.declareStream();
    let standing = await this.standing();
    if (standing !== undefined && standing.claimant !== claimant && !standing.isReleased) {
      standing = await this.waitUntilStale(standing, clock);
    }
    this.epoch = Math.max(clock.now(), (standing?.epoch ?? 0) + 1);
    if (!(await this.write(standing?.sequence ?? 0, false))) throw this.held(await this.standing());
    this.renewLater();
  }

  async release(): Promise<void> {
    this.isOver = true;
    this.stopRenewing();
    try {
      if (this.link.isConnected) await this.letGo();
    } catch (thrown) {
      // A server that cannot be told lets the next coordinator wait until the claim is stale.
      if (!MajlisError.from(thrown).isRetryable) throw thrown;
    } finally {
      await this.link.close();
    }
  }

  private async letGo(): Promise<void> {
    if (await this.write(this.sequence, true)) return;
    const standing = await this.standing();
    // A renewal that was under way came first.
    if (standing !== undefined && this.isOurs(standing)) await this.write(standing.sequence, true);
  }

  private async declareStream(): Promise<void> {
    try {
      await this.manager.streams.info(this.stream);
    } catch (thrown) {
      if (!isMissing(thrown)) throw natsFailure(thrown, 'asking for the stream of claims');
      const { replicas = 1 } = this.options;
      await this.manager.streams
        .add({
          ...{ name: this.stream, subjects: [this.subjects], num_replicas: replicas },
          ...{ retention: RetentionPolicy.Limits, storage: StorageType.File, max_msgs_per_subject: 1 },
        })
        .catch((failure: unknown) => {
          throw natsFailure(failure, 'making the stream of claims');
        });
    }
  }

  private async standing(): Promise<Standing | undefined> {
    try {
      const found = await this.manager.streams.getMessage(this.stream, { last_by_subj: this.subject });
      return { ...claimSchema.parse(found.json()), sequence: found.seq };
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw natsFailure(thrown, `reading who holds pool ${this.options.pool}`);
    }
  }

  /** Resolves when its holder has let go, or has not written for so long; rejects as soon as it has. */
  private async waitUntilStale(standing: Standing, clock: Clock): Promise<Standing> {
    const deadline = clock.monotonic() + STALE_AFTER_MS;
    for (;;) {
      const isOver = clock.monotonic() >= deadline;
      const now = await this.standing();
      if (now?.isReleased === true) return now;
      if (now?.sequence !== standing.sequence) throw this.held(now ?? standing);
      if (isOver) return now;
      await clock.sleep(LOOK_EVERY_MS);
    }
  }

  private held(standing: Standing | undefined): MajlisError {
    const { pool } = this.options;
    const holder = standing?.described ?? 'another coordinator';
    const next = 'give this one another --pool, or queue the run there';
    return new MajlisError(`pool ${pool} belongs to ${holder}, which is at work; ${next}`, {
      code: 'failed_precondition',
    });
  }

  /** False where somebody else has written since. */
  private async write(after: number, isReleased: boolean): Promise<boolean> {
    const { claimant, described, pool } = this.options;
    const data = JSONCodec().encode({ claimant, described, epoch: this.epoch, isReleased });
    try {
      const stored = await this.link.connection
        .jetstream()
        .publish(this.subject, data, { expect: { lastSubjectSequence: after } });
      this.sequence = stored.seq;
      return true;
    } catch (thrown) {
      if (thrown instanceof NatsError && thrown.api_error?.err_code === WRONG_LAST_SEQUENCE) return false;
      throw natsFailure(thrown, `claiming pool ${pool}`);
    }
  }

  private renewLater(): void {
    this.stopRenewing = this.options.clock.alarm(RENEW_EVERY_MS, () => void this.renew());
  }

  private async renew(): Promise<void> {
    try {
      const by = await this.takenOverBy();
      if (by !== undefined) {
        if (!this.isOver) this.options.onLost?.(by);
        return;
      }
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      // The server is away, and tried again: whether the claim was lost shows when it is back.
      if (!this.isOver && !error.isRetryable) this.options.onLost?.(error.message);
    }
    if (!this.isOver) this.renewLater();
  }

  /** Writes the claim anew; who has it now, where that is somebody else. */
  private async takenOverBy(): Promise<string | undefined> {
    // A server may have lost its store.
    await this.declareStream();
    if (await this.write(this.sequence, false)) return undefined;
    let standing = await this.standing();
    if (standing === undefined) {
      if (await this.write(0, false)) return undefined;
      standing = await this.standing();
    }
    if (standing === undefined || !this.isOurs(standing)) return standing?.described ?? 'another coordinator';
    // It was written, and that was not answered.
    this.sequence = standing.sequence;
    return undefined;
  }

  private isOurs({ claimant, epoch }: Standing): boolean {
    return claimant === this.options.claimant && epoch === this.epoch;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof NatsError && thrown.api_error?.code === MISSING;
}
