import type { ArtifactStore } from '../../../../core/artifacts/artifact-store.js';
import type { IterationRecord } from '../../../../core/ledger/ledger.js';
import { canonicalJson } from '../../../../core/runtime/content-hash.js';
import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { readUpdate } from '../../../../coordinator/replay/run-history.js';
import type { UpdateRecord } from '../../../../coordinator/update/update-record.js';

/** Where two runs part, over the iterations that both finished. */
export interface Divergence {
  /** How many iterations both finished. */
  readonly compared: number;
  /** The first iteration whose update took in or brought forth something else. */
  readonly update?: {
    readonly iteration: number;
    /** Fields of the update record that differ; absent where a record is gone and other figures tell that it differs. */
    readonly fields?: readonly string[];
  };
  /** The first policy that is another: the one that this iteration starts from, or the last where neither goes on. */
  readonly policy?: { readonly iteration: number } | 'last';
}

/** Follows two runs until they part. Payloads that were collected are passed over; hashes and figures stand for them. */
export async function firstDivergence(
  before: RunDescription,
  after: RunDescription,
  artifacts: ArtifactStore | undefined,
): Promise<Divergence> {
  const update = await firstUpdate(before.iterations, after.iterations, artifacts);
  const policy = firstPolicy(before, after);
  const compared = Math.min(before.iterations.length, after.iterations.length);
  return {
    compared,
    ...(update === undefined ? {} : { update }),
    ...(policy === undefined ? {} : { policy }),
  };
}

async function firstUpdate(
  before: readonly IterationRecord[],
  after: readonly IterationRecord[],
  artifacts: ArtifactStore | undefined,
): Promise<Divergence['update']> {
  for (const [iteration, one] of before.entries()) {
    const other = after.at(iteration);
    if (other === undefined) return undefined;
    if (one.inputsHash === other.inputsHash) continue;
    const records = await bothRecords(one, other, artifacts);
    if (records === undefined) {
      if (canonicalJson(one.metrics) !== canonicalJson(other.metrics)) return { iteration };
      continue;
    }
    const fields = differentFields(...records);
    if (fields.length > 0) return { iteration, fields };
  }
  return undefined;
}

async function bothRecords(
  one: IterationRecord,
  other: IterationRecord,
  artifacts: ArtifactStore | undefined,
): Promise<[UpdateRecord, UpdateRecord] | undefined> {
  if (artifacts === undefined) return undefined;
  if (!(await artifacts.has(one.inputsHash)) || !(await artifacts.has(other.inputsHash))) return undefined;
  return [await readUpdate({ artifacts }, one), await readUpdate({ artifacts }, other)];
}

/**
 * In the record's order. Task ids are made from the run's id, so they always differ and mean nothing; the algorithm is a
 * cause that stands in the config, and parts nothing until numbers differ by it.
 */
function differentFields(one: UpdateRecord, other: UpdateRecord): string[] {
  const [left, right] = [one, other].map((record) => ({
    ...record,
    sequences: record.sequences.map(({ index, finish, outcome }) => ({ index, finish, outcome })),
  }));
  const rightFields = new Map(Object.entries(right));
  return Object.entries(left)
    .filter(
      ([name, value]) =>
        name !== 'algorithm' && canonicalJson(value) !== canonicalJson(rightFields.get(name)),
    )
    .map(([name]) => name);
}

function firstPolicy(before: RunDescription, after: RunDescription): Divergence['policy'] {
  const [left, right] = [before, after].map(startingPolicies);
  const common = Math.min(left.length, right.length);
  for (let iteration = 0; iteration < common; iteration += 1) {
    if (left[iteration] !== right[iteration]) return { iteration };
  }
  const [last, otherLast] = [before, after].map(({ policyVersions }) => policyVersions.at(-1)?.hash);
  return left.length === right.length && last !== otherLast ? 'last' : undefined;
}

/** The hash of the policy that each iteration starts from. */
function startingPolicies({ iterations, policyVersions }: RunDescription): (string | undefined)[] {
  const hashes = new Map(policyVersions.map(({ version, hash }) => [version, hash]));
  return iterations.map(({ policyVersion }) => hashes.get(policyVersion));
}
