/** What the schema of the values refuses, by the place of the value alone; and that it knows what the reward server's own file may say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { servingConfigSchema } from '../../reward/serving/serving-config.js';
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { CHART, templateArguments } from '../support/chart/rendered-chart.js';

const nodeSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
  $ref: z.string().optional(),
});

/** Every place that a schema has a key for, such as `rewards.*.beta`; `*` stands for a key that its writer chooses. */
function placesOf(schema: unknown, definitions: Readonly<Record<string, unknown>>, at = ''): string[] {
  const { properties = {}, additionalProperties, $ref } = nodeSchema.parse(schema);
  if ($ref !== undefined) return placesOf(definitions[$ref.replace('#/$defs/', '')], definitions, at);
  const chosen = typeof additionalProperties === 'object' ? { '*': additionalProperties } : {};
  return Object.entries({ ...properties, ...chosen }).flatMap(([key, below]) => [
    `${at}${key}`,
    ...placesOf(below, definitions, `${at}${key}.`),
  ]);
}

const chartSchema = z.looseObject({
  $defs: z.record(z.string(), z.unknown()),
  properties: z.looseObject({
    rewards: z.looseObject({ properties: z.looseObject({ config: z.unknown() }) }),
  }),
});

describe('the schema of the values', () => {
  /** The chart says the drain itself (drainSeconds), and lets no reward server out to a PyTorch trainer. */
  const isElsewhere = (place: string): boolean => place === 'drainMs' || place.split('.').includes('trainer');

  it("has the keys of a reward server's file, but for the drain and PyTorch trainers", () => {
    const { $defs, properties } = chartSchema.parse(
      JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')),
    );
    const ofChart = placesOf(properties.rewards.properties.config, $defs);
    const ofServer = placesOf(z.toJSONSchema(servingConfigSchema, { io: 'input', reused: 'inline' }), {});
    expect(ofChart).toContain('rewards.*.locales.*.beta');
    expect(ofChart.toSorted()).toEqual(ofServer.filter((place) => !isElsewhere(place)).toSorted());
  });
});

const MISTAKES: readonly (readonly [mistake: string, complaint: string])[] = [
  [
    'rollout.pools.default.replcas=3',
    "- at '/rollout/pools/default': additional properties 'replcas' not allowed",
  ],
  ['rollout.pools.default.slots=none', "- at '/rollout/pools/default/slots': got string, want integer"],
  [
    'rewards.config.rewards.active.rubic=ar-msa',
    "- at '/rewards/config/rewards/active': additional properties 'rubic' not allowed",
  ],
  [
    'rewards.config.limits.everyCaller.brust=9',
    "- at '/rewards/config/limits/everyCaller': additional properties 'brust' not allowed",
  ],
];

describeWithHelm('a value that the schema refuses', () => {
  it.each(MISTAKES)('is told in one line with its place: %s', (mistake, complaint) => {
    const { ok, errors } = helm(templateArguments(['--set', mistake]));
    const told = errors.split('\n').filter((line) => line.trimStart().startsWith('- '));
    expect({ ok, told }).toEqual({ ok: false, told: [complaint] });
  });

  it('is none where a pool of the defaults is taken away', () => {
    const values = ['rollout.pools.default=null', 'rollout.pools.other.replicas=3'];
    const { ok, output } = helm(templateArguments(values.flatMap((value) => ['--set', value])));
    expect({ ok, others: /name: \S+-rollout-default$/m.test(output) }).toEqual({ ok: true, others: false });
  });
});
