import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openGateway } from '../cli/judges/open-gateway.js';
import type { AnswerPair } from '../core/domain/preference.js';
import type { Rubric } from '../core/domain/rubric.js';
import { MajlisError } from '../core/errors.js';
import { systemClock } from '../core/runtime/clock.js';
import { compiledModule } from '../core/runtime/package-root.js';
import { gatewayConfigSchema } from '../reward/gateway/gateway-config.js';
import { createAnswerScorer } from '../reward/judge/answer-scorer.js';
import { createCriteriaJudge } from '../reward/judge/criteria-judge.js';
import { judgePairs } from '../reward/judge/panel.js';
import { planRejudging } from '../reward/judge/rejudging.js';
import { loadLocales } from '../core/config/load-locale.js';
import type { LocaleProfile } from '../core/domain/locale.js';
import { evaluators } from '../reward/judge/evaluators/registry.js';
import { loadRubric } from '../reward/rubric/load-rubric.js';
import { SHIPPED_LOCALES } from '../core/config/known-locales.js';
import type { BenchResult, Benchmark } from './bench-result.js';

const CRITERIA = 10;
const CHANGED = 4;
const PAIRS = 10_000;
const PAIRS_AT_ONCE = 32;

/** What it took to have a verdict on every pair. */
interface Judged {
  readonly calls: Readonly<Record<string, number>>;
  readonly seconds: number;
}

interface Endpoint {
  readonly url: string;
  /** Calls by criterion since it was last asked. */
  calls(): Promise<Readonly<Record<string, number>>>;
  stop(): void;
}

/**
 * A swap that changes one criterion of ten, on pairs that were judged before, against judging all again: a real gateway with
 * its store on disk, and an endpoint in a process of its own that counts what it is asked.
 */
export const swap: Benchmark = {
  summary:
    'judge calls of a swap that changes one criterion of ten on 10,000 stored pairs, against judging all again',
  run: async ([count], print) => {
    const folder = await mkdtemp(join(tmpdir(), 'majlis-swap-'));
    const endpoint = await startEndpoint();
    try {
      return await compare({ folder, endpoint, pairs: pairsOf(Number(count ?? PAIRS)), print });
    } finally {
      endpoint.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Rig {
  readonly folder: string;
  readonly endpoint: Endpoint;
  readonly pairs: readonly AnswerPair[];
  readonly print: (line: string) => void;
}

async function compare(rig: Rig): Promise<BenchResult> {
  const { pairs, print } = rig;
  const profiles = await loadLocales(SHIPPED_LOCALES);
  const before = await rubricOf(rig, profiles, { version: '1.0.0', wording: 'as it was' });
  const after = await rubricOf(rig, profiles, { version: '1.1.0', wording: 'said anew' });
  // What a swap costs where nothing is kept is what it cost to judge the pairs the first time.
  const peer = await judged(rig, profiles, before);
  print(`judging ${pairs.length} pairs with nothing kept: ${describe(peer)}`);
  const ours = await judged(rig, profiles, after);
  print(`swap: ${describe(ours)}`);
  const plan = planRejudging({ rubric: after, judgedUnder: [before], pairs, orders: 'both' });
  const asked = total(ours);
  const onlyChanged = asked === (ours.calls[String(CHANGED)] ?? 0) && asked === plan.byCriterion;
  const calls = { name: 'swap', unit: 'judge calls', ours: asked, peer: total(peer) };
  return {
    ...calls,
    peerName: 'judging all again',
    ratio: total(peer) / asked,
    passed: onlyChanged,
    cases: [
      {
        ...calls,
        name: 'calls',
        peerName: 'judging all again',
        ratio: total(peer) / asked,
        passed: onlyChanged,
      },
      {
        ...{ name: 'time', unit: 's', ours: ours.seconds, peer: peer.seconds },
        ...{ peerName: 'judging all again', ratio: peer.seconds / ours.seconds },
      },
    ],
  };
}

async function judged(
  { folder, endpoint, pairs }: Rig,
  profiles: readonly LocaleProfile[],
  rubric: Rubric,
): Promise<Judged> {
  const gateway = await openGateway({
    ...{ config: configOf(endpoint.url), configPath: join(folder, 'gateway.yaml') },
    ...{ serves: false, run: 'bench', clock: systemClock },
  });
  try {
    const profile = profiles.find(({ locale }) => locale === 'und');
    if (profile === undefined) throw new MajlisError('no profile of und', { code: 'internal' });
    const scoreAnswer = createAnswerScorer(rubric, profile);
    const judges = gateway.judges.map((judge) => createCriteriaJudge(judge, { rubric, scoreAnswer }));
    const started = systemClock.monotonic();
    const verdicts = await judgePairs(judges, pairs, { rubric, concurrency: PAIRS_AT_ONCE });
    const seconds = (systemClock.monotonic() - started) / 1000;
    const failed = verdicts.find(({ outcome }) => outcome.kind !== 'scored');
    if (failed !== undefined) throw new MajlisError(JSON.stringify(failed.outcome), { code: 'internal' });
    return { calls: await endpoint.calls(), seconds };
  } finally {
    await gateway.close();
  }
}

function configOf(url: string): ReturnType<typeof gatewayConfigSchema.parse> {
  const price = { promptPerMillion: 1, completionPerMillion: 2 };
  return gatewayConfigSchema.parse({
    ...{ budget: { currency: 'USD' }, endpoints: { main: { url, concurrency: 64 } } },
    judges: [{ id: 'judge', model: 'bench', routes: [{ endpoint: 'main', price }] }],
  });
}

/** Ten criteria, one of which says what it asks for in that wording. */
async function rubricOf(
  { folder }: Rig,
  profiles: readonly LocaleProfile[],
  { version, wording }: { readonly version: string; readonly wording: string },
): Promise<Rubric> {
  const criteria = Array.from({ length: CRITERIA }, (_, number) => ({
    ...{ key: `criterion-${number}`, version: 1, dimension: 'norms', kind: 'principle', weight: 1 },
    ...{
      evaluator: 'judge',
      description: `Criterion number ${number}, ${number === CHANGED ? wording : 'kept'}.`,
    },
  }));
  const path = join(folder, `${version}.yaml`);
  await writeFile(path, JSON.stringify({ id: 'bench', version, title: 'Bench', locale: 'und', criteria }));
  return loadRubric(path, { evaluators, profiles });
}

function pairsOf(count: number): AnswerPair[] {
  return Array.from({ length: count }, (_, number) => ({
    id: `pair-${number}`,
    prompt: { id: `prompt-${number}`, locale: 'und', text: `Where should I travel in week ${number}?` },
    first: `Go to the coast in week ${number}, and take a book.`,
    second: `Stay at home in week ${number}, and cook for friends.`,
  }));
}

const toldSchema = z.union([
  z.strictObject({ port: z.int() }),
  z.strictObject({ calls: z.record(z.string(), z.int()) }),
]);

async function startEndpoint(): Promise<Endpoint> {
  const child = fork(compiledModule('bench/swap-endpoint'));
  const told = async (): Promise<z.infer<typeof toldSchema>> => {
    const [message] = (await once(child, 'message')) as unknown[];
    return toldSchema.parse(message);
  };
  const started = await told();
  if (!('port' in started)) throw new MajlisError('the endpoint named no port', { code: 'internal' });
  return {
    url: `http://127.0.0.1:${started.port}/v1`,
    calls: async () => {
      const answer = told();
      child.send('calls');
      const counted = await answer;
      return 'calls' in counted ? counted.calls : {};
    },
    stop: () => child.disconnect(),
  };
}

function total({ calls }: Judged): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

function describe(one: Judged): string {
  const about = Object.keys(one.calls).length;
  return `${total(one)} calls about ${about} criteria in ${one.seconds.toFixed(1)} s`;
}
