import { z } from 'zod';
import { runConfigSchema } from '../../../core/config/run-config.js';
import { DEFAULT_ALGORITHM } from '../../../coordinator/algorithm-options.js';
import type { StepTaken } from '../../../coordinator/update/train-model.js';
import { updateMetrics } from '../../../coordinator/update/update-metrics.js';
import type { WatchProbes } from '../../../coordinator/watch/reward-watch.js';
import { fairnessFigures } from '../../../coordinator/watch/fairness-figures.js';
import { styleFigures } from '../../../coordinator/watch/style-figures.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { quickstartSummarySchema } from '../../../bench/quickstart-summary-schema.js';
import { parseYaml } from '../../../core/config/read-yaml.js';
import { servingConfigSchema } from '../../../reward/serving/serving-config.js';
import { FLEET_METRICS } from '../../../core/telemetry/metrics/fleet-catalogue.js';
import { GatewayMetrics } from '../../../cli/commands/reward/gateway-metrics.js';
import { LoopRig } from '../../support/loop-rig.js';
import { promptsOf } from '../../support/prompts-of.js';
import { watchedIteration } from '../../support/watched-iteration.js';
import { namedRows, readPage } from './pages.js';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly default?: unknown;
  /** Shapes that a constant in each tells apart. */
  readonly oneOf?: readonly SchemaNode[];
}

/** Every leaf of a schema by its dotted path, with its default. */
function leaves(node: SchemaNode, path = ''): Map<string, unknown> {
  if (node.oneOf !== undefined) {
    const all = node.oneOf.flatMap((shape) => [...leaves(shape, path)]);
    return new Map([...all, ...all.filter(([, value]) => value !== undefined)]);
  }
  if (node.properties === undefined) return new Map([[path, node.default]]);
  return new Map(
    Object.entries(node.properties).flatMap(([key, inner]) => [
      ...leaves(inner, path === '' ? key : `${path}.${key}`),
    ]),
  );
}

function jsonSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' }) as SchemaNode;
}

const runKeys = leaves(jsonSchema(runConfigSchema));
const { kl, ...plainOptions } = DEFAULT_ALGORITHM;
const optionDefaults = new Map<string, unknown>([
  ...Object.entries(plainOptions),
  ...Object.entries(kl).map(([key, value]): [string, unknown] => [`kl.${key}`, value]),
]);

function written(value: unknown): unknown {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

describe('docs/run-file.md', () => {
  const rows = namedRows('docs/run-file.md');

  it('names every key of a run file and no other', () => {
    expect(rows.map(([key]) => key).sort()).toEqual([...runKeys.keys()].sort());
  });

  it('gives every default', () => {
    const wrong = rows
      .filter(([key]) => !key.startsWith('algorithm.'))
      .filter(([key, , stated]) => {
        const value = runKeys.get(key);
        if (value === undefined) return !/^(required|none$)/.test(stated);
        return typeof value === 'number' ? Number(stated) !== value : stated !== written(value);
      });
    expect(wrong).toEqual([]);
  });
});

describe('docs/algorithm.md', () => {
  const rows = namedRows('docs/algorithm.md').filter((cells) => cells.length === 5);

  it('lists every option that has a default, with it', () => {
    const stated = new Map(rows.map(([key, value]) => [key, value]));
    for (const [key, value] of optionDefaults) {
      const cell = stated.get(key);
      expect([key, typeof value === 'number' ? Number(cell) : cell]).toEqual([
        key,
        typeof value === 'number' ? value : String(written(value)).replace(/,/g, ', '),
      ]);
    }
  });

  it('says of every option whether a run file takes it', () => {
    const said = rows.map(([key, , inRunFile]) => [key, inRunFile]);
    const taken = rows.map(([key]) => [key, runKeys.has(`algorithm.${key}`) ? 'yes' : 'no']);
    expect(said).toEqual(taken);
  });

  it('lists every option that a run file takes', () => {
    const inRunFile = [...runKeys.keys()].flatMap((key) =>
      key.startsWith('algorithm.') ? [key.slice('algorithm.'.length)] : [],
    );
    expect(rows.map(([key]) => key)).toEqual(expect.arrayContaining(inRunFile));
  });
});

/** Steps of a trainer that reports all that the port names; the loop's fake reports less. */
const STEPS: readonly StepTaken[] = ['approximateKl', 'clipped', 'entropy', 'ratio'].map((metric) => ({
  minibatch: { epoch: 0, sequences: [0], weights: Float64Array.of(1), normalizer: 1 },
  loss: 0,
  gradNorm: 0,
  skipped: false,
  metrics: { [metric]: { sum: 1, count: 1 } },
}));

/** Answers that differ in format, as those of the loop's fake do not. */
const DECORATED = watchedIteration([
  [
    { tokens: 1, text: 'Yes', outcome: 0 },
    { tokens: 2, text: 'Yes!', outcome: 1 },
  ],
]);

const TWO_CATEGORIES = promptsOf(
  watchedIteration([[{ tokens: 1, outcome: 0 }], [{ tokens: 1, outcome: 1 }]]),
  [{ category: 'food' }, { category: 'travel' }],
);

const PROBES: WatchProbes = {
  canaries: [{ text: ':', tokenIds: [1] }],
  control: {
    check: async () => ({
      winRate: { value: 0.5, low: 0.4, high: 0.6, n: 32 },
      groups: { 'ar/food': 0.5 },
      proxyScore: 0,
    }),
  },
};

describe('docs/metrics.md', () => {
  it('names every metric that an iteration records and no other', async () => {
    const rig = new LoopRig({ algorithm: { iterations: 3 }, probes: () => PROBES });
    await rig.create();
    await rig.ledger.requestControl(rig.run, { kind: 'shadow_rubric', rubricHash: 'rubric-b' });
    await rig.play();
    const overlapping = new LoopRig({
      algorithm: { iterations: 1 },
      schedule: { kind: 'async', maxStaleness: 1 },
    });
    await overlapping.play();
    const recorded = (
      await Promise.all([rig, overlapping].map(({ ledger, run }) => ledger.iterations(run)))
    ).flat();
    const names = new Set(recorded.flatMap(({ metrics }) => Object.keys(metrics)));
    for (const name of Object.keys(updateMetrics(STEPS, STEPS, DEFAULT_ALGORITHM))) names.add(name);
    for (const name of Object.keys(styleFigures(DECORATED))) names.add(name);
    for (const name of Object.keys(fairnessFigures(TWO_CATEGORIES))) names.add(name);
    const documented = namedRows('docs/metrics.md').map(([name]) =>
      name.replace('<rubric id>', 'rubric-a').replace('<group>', 'ar/food'),
    );
    const isOther = (name: string): boolean => name.startsWith('fairness/ar/travel/');
    expect(documented.sort()).toEqual([...names].filter((name) => !isOther(name)).sort());
  });
});

describe('docs/gateway.md', () => {
  it('names every metric that a gateway offers, with its labels, and no other', async () => {
    const metrics = new GatewayMetrics('USD');
    metrics.watch({
      status: () => ({ questions: 1, endpoints: [{ name: 'main', breaker: 'open', inFlight: 1 }] }),
      budgetsLeft: async () => [{ run: 'pilot', leftMicros: 1 }],
    });
    const [judge, run, endpoint] = ['judge', 'pilot', 'main'];
    metrics.onVerdict({ judge, source: 'cache', outcome: 'scored', tookMs: 1 });
    const usage = { promptTokens: 1, completionTokens: 1 };
    const reply = { kind: 'content', content: '' } as const;
    metrics.onCall({ judge, run, endpoint, reply, usage, costMicros: 1, waitedMs: 1, tookMs: 1 });
    metrics.onRetry(judge);
    const offered = new Map<string, string>();
    for (const line of (await metrics.text()).split('\n')) {
      const [, name, labels = ''] = /^(\w+?)(?:_count|_sum|_bucket)?(?:\{(.*)\})? /.exec(line) ?? [];
      if (name === undefined || labels.includes('le=')) continue;
      offered.set(name, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => `\`${label}\``).join(', '));
    }
    const documented = namedRows('docs/gateway.md').map(([name, labels]) => [
      name,
      labels.includes('`') || labels === '' ? labels : `\`${labels}\``,
    ]);
    expect(documented.sort()).toEqual([...offered].sort());
  });
});

describe('docs/serving.md', () => {
  const [, shown] = /```yaml\n(.*?)```/s.exec(readPage('docs/serving.md')) ?? [];

  it('shows a file that a reward server takes, with every limit', () => {
    const taken = parseYaml(shown, servingConfigSchema, 'docs/serving.md');
    expect(Object.keys(taken.rewards)).toContain('active');
    const keys = [...leaves(jsonSchema(servingConfigSchema)).keys()].map(
      (key) => key.split('.').at(-1) ?? '',
    );
    expect(keys).toContain('drainMs');
    expect(keys.filter((key) => !shown.includes(`${key}:`))).toEqual([]);
  });
});

describe('docs/observability.md', () => {
  it('names every metric of processes with its kind, labels and meaning, and no other', () => {
    const rows = namedRows('docs/observability.md').filter(([name]) => name.startsWith('majlis_'));
    const listed = Object.entries(FLEET_METRICS).map(([name, { kind, labels, offeredBy, help }]) => [
      ...[name, kind, labels.map((label) => `\`${label}\``).join(', '), offeredBy.join(', '), help],
    ]);
    expect(rows.filter((cells) => cells.length === 5).map(plainLabels)).toEqual(listed.map(plainLabels));
  });
});

/** A cell that is one name in code loses its marks when a page is read. */
function plainLabels(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => cell.replaceAll('`', ''));
}

describe('docs/rubrics.md', () => {
  it('lists every evaluator that a rubric may name', () => {
    const listed = namedRows('docs/rubrics.md').flatMap(([name]) => (evaluators.has(name) ? [name] : []));
    expect(listed.sort()).toEqual([...evaluators.keys()].sort());
  });
});

describe('docs/quickstart.md', () => {
  it('defines every field that machines read', () => {
    const page = readPage('docs/quickstart.md');
    const { arms, ...summary } = jsonSchema(quickstartSummarySchema).properties ?? {};
    const names = [...Object.keys(summary), ...Object.keys(arms?.properties?.rubricA?.properties ?? {})];
    const undefinedNames = names.filter((name) => !new RegExp(`^\\|[^|]*\\b${name}\\b`, 'm').test(page));
    expect(names).toContain('winRateMinusPlacebo');
    expect(undefinedNames).toEqual([]);
  });
});
