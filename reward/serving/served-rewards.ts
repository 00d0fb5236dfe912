/**
 * The rewards that a server has, by their hashes, and the aliases that point to them. Invariants: an alias points to a reward
 * that is loaded; whoever took a reward keeps it to the end, however aliases move and whatever is unloaded meanwhile.
 */
import type { Locale } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import type { RewardHashes } from '../../core/scorer/scorer.js';
import type { LoadedReward } from '../scorer/loaded-reward.js';

/** The alias of the reward that trainers are paid by unless they ask for another. */
export const ACTIVE = 'active';

/** A reward by its hashes, or by an alias such as `active`. */
export type RewardName = RewardHashes | { readonly alias: string };

/** A reward as a server has it. */
export interface ServedReward extends LoadedReward {
  /** Of the rubric whose gate and name it has; its model learned from judgements under the same. */
  readonly rubricHash: string;
  /** Of prompts that come without one. */
  readonly locale: Locale;
  /** Frees what the model holds, once nobody uses it any more. */
  release?(): Promise<void>;
}

/** A reward in use, to be given back once. */
export interface RewardLease extends RewardHashes {
  readonly reward: ServedReward;
  giveBack(): void;
}

interface Loaded extends RewardHashes {
  readonly reward: ServedReward;
  users: number;
  /** Called when the last user has gone, if it is unloaded. */
  onIdle: (() => void) | undefined;
}

export class ServedRewards {
  private readonly loaded = new Map<string, Loaded>();
  private readonly aliases = new Map<string, Loaded>();

  /** One that is loaded already stays as it is. A model of another rubric is `failed_precondition`. */
  load(reward: ServedReward): RewardHashes {
    const { rubricHash, model } = reward;
    const hashes = { rubricHash, rewardModelHash: model.hash };
    if (model.rubricHash !== rubricHash) throw ofAnotherRubric(hashes, model.rubricHash);
    const key = keyOf(hashes);
    if (!this.loaded.has(key)) this.loaded.set(key, { ...hashes, reward, users: 0, onIdle: undefined });
    return hashes;
  }

  /** From the next request on the alias names that reward, for everybody at once. */
  pointAlias(alias: string, hashes: RewardHashes): void {
    this.aliases.set(alias, this.find(hashes));
  }

  /** Requests that are being served keep their reward. One that was not there is no matter. */
  dropAlias(alias: string): void {
    this.aliases.delete(alias);
  }

  /** The hashes of a reward that can be asked for now. */
  resolve(name: RewardName): RewardHashes {
    const { rubricHash, rewardModelHash } = this.find(name);
    return { rubricHash, rewardModelHash };
  }

  /** The reward itself, which stays until it is given back. */
  take(name: RewardName): RewardLease {
    const loaded = this.find(name);
    const { rubricHash, rewardModelHash, reward } = loaded;
    loaded.users += 1;
    return {
      ...{ rubricHash, rewardModelHash, reward },
      giveBack: () => {
        loaded.users -= 1;
        if (loaded.users === 0) loaded.onIdle?.();
      },
    };
  }

  /**
   * Nobody finds it any more; resolves when its last user has gone and it is freed. One that an alias points to is
   * `failed_precondition`; one that is not there is no matter.
   */
  async unload(hashes: RewardHashes): Promise<void> {
    const key = keyOf(hashes);
    const loaded = this.loaded.get(key);
    if (loaded === undefined) return;
    const pointing = [...this.aliases].filter(([, to]) => to === loaded).map(([alias]) => alias);
    if (pointing.length > 0) {
      const sentence = `${describe(hashes)} is what ${pointing.join(', ')} points to; point it elsewhere first.`;
      throw new MajlisError(sentence, { code: 'failed_precondition' });
    }
    this.loaded.delete(key);
    if (loaded.users > 0) await new Promise<void>((resolve) => (loaded.onIdle = resolve));
    await loaded.reward.release?.();
  }

  /** Forgets every reward and frees it, whoever may still have it: for a server that has stopped. */
  async close(): Promise<void> {
    const all = [...this.loaded.values()];
    this.aliases.clear();
    this.loaded.clear();
    for (const { reward } of all) await reward.release?.();
  }

  /** Every reward that can be asked for, in the order in which they were loaded. */
  list(): readonly RewardHashes[] {
    return [...this.loaded.values()].map(({ rubricHash, rewardModelHash }) => ({
      rubricHash,
      rewardModelHash,
    }));
  }

  /** Where each alias points. */
  aliasTable(): ReadonlyMap<string, RewardHashes> {
    return new Map([...this.aliases.keys()].map((alias) => [alias, this.resolve({ alias })]));
  }

  private find(name: RewardName): Loaded {
    const found = 'alias' in name ? this.aliases.get(name.alias) : this.loaded.get(keyOf(name));
    if (found !== undefined) return found;
    throw 'alias' in name ? this.unknownAlias(name.alias) : this.notLoaded(name);
  }

  private unknownAlias(alias: string): MajlisError {
    const known = [...this.aliases.keys()].join(', ');
    const sentence = `No reward is served as ${JSON.stringify(alias)}; ${known === '' ? 'there are no aliases yet' : `there are ${known}`}.`;
    return new MajlisError(sentence, { code: 'failed_precondition' });
  }

  private notLoaded(hashes: RewardHashes): MajlisError {
    const all = [...this.loaded.values()];
    const sameModel = all.find(({ rewardModelHash }) => rewardModelHash === hashes.rewardModelHash);
    if (sameModel !== undefined) return ofAnotherRubric(hashes, sameModel.rubricHash);
    const served = all.length === 0 ? 'nothing' : all.map(describe).join('; ');
    const sentence = `${describe(hashes)} is not loaded; loaded: ${served}.`;
    return new MajlisError(sentence, { code: 'failed_precondition' });
  }
}

function ofAnotherRubric({ rewardModelHash, rubricHash }: RewardHashes, itsOwn: string): MajlisError {
  const sentence = `Reward model ${rewardModelHash} learned from judgements under rubric ${itsOwn}, not ${rubricHash}: ask for both of one kind.`;
  return new MajlisError(sentence, { code: 'failed_precondition' });
}

function describe({ rewardModelHash, rubricHash }: RewardHashes): string {
  return `reward model ${rewardModelHash} of rubric ${rubricHash}`;
}

function keyOf({ rubricHash, rewardModelHash }: RewardHashes): string {
  return `${rubricHash}/${rewardModelHash}`;
}
