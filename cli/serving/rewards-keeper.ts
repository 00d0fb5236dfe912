/**
 * Keeps a server's rewards as its file says, while it serves. Invariants: a change is taken up whole or not at all, so every
 * reward is loaded before the first alias moves; what cannot be taken up leaves all as it was, and is told; a reward that no alias
 * names any more goes once its last request is answered.
 */
import { MajlisError, BadInputError } from '../../core/errors.js';
import type { RewardHashes } from '../../core/scorer/scorer.js';
import { watchFiles } from '../../core/trust/watch-files.js';
import type { ServedRewards } from '../../reward/serving/served-rewards.js';
import type { ServingConfig } from '../../reward/serving/serving-config.js';
import { openServed, type OpenedServed } from './open-served.js';
import type { ServedTrainers } from './served-trainers.js';

/** An alias and what it points to, for people. */
export interface KeptReward
  extends RewardHashes, Pick<OpenedServed, 'rubricId' | 'form' | 'unasked' | 'trainers'> {
  readonly alias: string;
}

export interface RewardsKeeperOptions {
  readonly rewards: ServedRewards;
  /** What is to be served at this time. */
  readonly read: () => Promise<ServingConfig>;
  /** The file that says so: paths are relative to its folder, and it is watched with the files of its rewards. */
  readonly file: string;
  /** Where its networks are computed. */
  readonly trainers: ServedTrainers;
  /** Told when a change was taken up. */
  onTaken(kept: readonly KeptReward[]): void;
  /** Told why a change was not. */
  onRefused(failure: MajlisError): void;
  /** How often files are looked at. */
  readonly everyMs?: number;
}

export class RewardsKeeper {
  /** What is in force. */
  config: ServingConfig;
  kept: readonly KeptReward[] = [];
  /** That the rewards of the file are made of, as it was taken up last or is being. */
  private files: readonly string[] = [];
  /** How each reward that was ever loaded is paid out: two ways of paying by one pair of hashes cannot be told apart. */
  private readonly payments = new Map<string, string>();
  private working: Promise<void> = Promise.resolve();
  private stopWatching: () => void = () => undefined;
  private stopWatchingFiles: () => void = () => undefined;
  private isOpen = true;

  private constructor(
    private readonly options: RewardsKeeperOptions,
    config: ServingConfig,
  ) {
    this.config = config;
  }

  /** Loads what is to be served, and keeps it so. What cannot be served is a BadInputError. */
  static async open(options: RewardsKeeperOptions): Promise<RewardsKeeper> {
    const keeper = new RewardsKeeper(options, await options.read());
    // Before anything is loaded: what is written meanwhile is a change too.
    keeper.stopWatching = keeper.watch([options.file]);
    keeper.working = keeper.takeUp(keeper.config);
    try {
      await keeper.working;
    } catch (thrown) {
      keeper.isOpen = false;
      keeper.endWatching();
      throw thrown;
    }
    return keeper;
  }

  /** Ends the watch, once what it has begun is done, and frees what is served: nobody may be asking any more. */
  async close(): Promise<void> {
    this.isOpen = false;
    this.endWatching();
    await this.working;
    await this.options.rewards.close();
  }

  private watch(files: readonly string[]): () => void {
    const again = (): void => {
      this.working = this.working.then(
        () => this.takeUpAgain(),
        // It never opened: whoever opens it is told.
        () => undefined,
      );
    };
    return watchFiles(files, again, this.options.everyMs);
  }

  /** A watch that goes on knows what it saw; a new one would take a change since for what was there. */
  private watchRewards(files: readonly string[]): void {
    if (files.join('\n') === this.files.join('\n')) return;
    this.stopWatchingFiles();
    this.files = files;
    this.stopWatchingFiles = this.watch(files);
  }

  private endWatching(): void {
    this.stopWatching();
    this.stopWatchingFiles();
  }

  private async takeUpAgain(): Promise<void> {
    if (!this.isOpen) return;
    try {
      const config = await this.options.read();
      refuseOtherSettings(this.config, config, this.options.file);
      await this.takeUp(config);
      this.config = config;
      this.options.onTaken(this.kept);
    } catch (thrown) {
      this.options.onRefused(MajlisError.from(thrown));
    }
  }

  private async takeUp({ rewards: sources, trainer }: ServingConfig): Promise<void> {
    const opened = new Map<string, OpenedServed>();
    try {
      for (const [alias, source] of Object.entries(sources)) {
        const { file, trainers } = this.options;
        opened.set(alias, await openServed(source, { file, trainers, trainer, place: `rewards.${alias}` }));
      }
      this.requireOnePayment(opened);
      this.watchRewards([...new Set([...opened.values()].flatMap(({ files }) => files))]);
      await this.makeReady([...opened.values()]);
    } catch (thrown) {
      for (const { reward } of opened.values()) await reward.release?.();
      throw thrown;
    }
    await this.pointTo(opened);
  }

  /** What is loaded already takes up no second room. */
  private async makeReady(opened: readonly OpenedServed[]): Promise<void> {
    const known = new Set(this.options.rewards.list().map(keyOf));
    for (const each of opened) {
      const key = keyOf(hashesOf(each));
      if (!known.has(key)) await each.ready?.();
      known.add(key);
    }
  }

  private async pointTo(opened: ReadonlyMap<string, OpenedServed>): Promise<void> {
    const { rewards } = this.options;
    const before = rewards.list();
    const spare: OpenedServed[] = [];
    const kept: KeptReward[] = [];
    for (const [alias, each] of opened) {
      const isKnown = [...before, ...kept].some((known) => keyOf(known) === keyOf(hashesOf(each)));
      if (isKnown) spare.push(each);
      const { rubricId, form, unasked, trainers } = each;
      kept.push({ alias, rubricId, form, unasked, trainers, ...rewards.load(each.reward) });
      this.payments.set(keyOf(hashesOf(each)), paymentOf(each));
    }
    for (const { alias, ...hashes } of kept) rewards.pointAlias(alias, hashes);
    for (const { alias } of this.kept) if (!opened.has(alias)) rewards.dropAlias(alias);
    this.kept = kept;
    for (const hashes of before) {
      if (!kept.some((one) => keyOf(one) === keyOf(hashes))) this.letGo(hashes);
    }
    for (const { reward } of spare) await reward.release?.();
  }

  /** Requests that have it may take as long as they do. */
  private letGo(hashes: RewardHashes): void {
    this.options.rewards.unload(hashes).catch((thrown: unknown) => {
      this.options.onRefused(MajlisError.from(thrown));
    });
  }

  private requireOnePayment(opened: ReadonlyMap<string, OpenedServed>): void {
    const payments = new Map(this.payments);
    for (const [alias, each] of opened) {
      const key = keyOf(hashesOf(each));
      const known = payments.get(key) ?? paymentOf(each);
      payments.set(key, known);
      if (known === paymentOf(each)) continue;
      throw new BadInputError({
        source: this.options.file,
        place: `rewards.${alias}`,
        found: `reward model ${each.reward.model.hash} with another beta, scale or trainer than it is served with`,
        allowed: 'one of each for a model; to change them, start the server again',
      });
    }
  }
}

/** What a server is built with stays as long as it runs. */
function refuseOtherSettings(now: ServingConfig, next: ServingConfig, source: string): void {
  const wanted = settingsOf(next);
  for (const [place, value] of settingsOf(now)) {
    if (wanted.get(place) === value) continue;
    throw new BadInputError({
      source,
      place,
      found: `${wanted.get(place) ?? 'nothing'} instead of ${value ?? 'nothing'}`,
      allowed: 'changes of rewards, limits.everyCaller and limits.callers; for others start the server again',
    });
  }
}

function settingsOf({ drainMs, limits }: ServingConfig): ReadonlyMap<string, number | undefined> {
  const { queuedAnswers, answersPerRequest, answersPerCall, deadlineMs, cacheBytes, bodyBytes } = limits;
  const fixed = { queuedAnswers, answersPerRequest, answersPerCall, deadlineMs, cacheBytes, bodyBytes };
  const places = Object.entries(fixed).map(([key, value]) => [`limits.${key}`, value] as const);
  return new Map([['drainMs', drainMs], ...places]);
}

function hashesOf({ reward }: OpenedServed): RewardHashes {
  return { rubricHash: reward.rubricHash, rewardModelHash: reward.model.hash };
}

function paymentOf({ reward: { normalizer }, betas, trainers }: OpenedServed): string {
  return JSON.stringify([[...normalizer], betas, trainers.map((trainer) => trainer?.key)]);
}

function keyOf({ rubricHash, rewardModelHash }: RewardHashes): string {
  return `${rubricHash}/${rewardModelHash}`;
}
