import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../core/runtime/package-root.js';
import { knownMetrics } from '../support/chart/known-metrics.js';
import type { KnownMetrics } from '../support/chart/known-metrics.js';
import { loadPromql } from '../support/chart/promql.js';
import type { ReadPromql } from '../support/chart/promql.js';
import { unknownSeries } from '../support/chart/unknown-series.js';

const FOLDER = join(packageRoot, 'charts/majlis/dashboards');

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const panelSchema = z.looseObject({
  id: z.int(),
  type: z.enum(['timeseries', 'stat', 'row']),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
});
const plotSchema = panelSchema.extend({
  description: z.string().min(1),
  datasource,
  targets: z.array(z.looseObject({ refId: z.string(), expr: z.string(), datasource })).min(1),
});
const boardSchema = z.looseObject({
  uid: z.string().regex(/^majlis-[a-z]+$/),
  title: z.string().startsWith('Majlis / '),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), query: z.unknown() })) }),
  panels: z.array(panelSchema),
});

const boards = readdirSync(FOLDER).map((file) => ({
  file,
  board: boardSchema.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))),
}));

function plotsOf({ panels }: z.infer<typeof boardSchema>) {
  return panels.filter(({ type }) => type !== 'row').map((panel) => plotSchema.parse(panel));
}

describe('the Grafana dashboards', () => {
  let known: KnownMetrics;
  let readPromql: ReadPromql;
  beforeAll(async () => {
    known = await knownMetrics();
    readPromql = await loadPromql();
  });

  it('are four, each with an address of its own', () => {
    expect(boards.map(({ board }) => board.uid).sort()).toEqual([
      ...['majlis-fleet', 'majlis-learning', 'majlis-nats', 'majlis-queues'],
    ]);
  });

  describe.each(boards)('$file', ({ board }) => {
    it('reads only series and labels that some process offers', () => {
      const expressions = plotsOf(board).flatMap(({ targets }) => targets.map(({ expr }) => expr));
      expect(expressions.length).toBeGreaterThan(8);
      expect(expressions.flatMap((expression) => unknownSeries(readPromql(expression), known))).toEqual([]);
    });

    it('stays within one namespace and uses every variable that it asks for', () => {
      const text = plotsOf(board).flatMap(({ targets }) => targets.map(({ expr }) => expr));
      for (const expression of text) {
        for (const { labels } of readPromql(expression).selections) expect(labels).toContain('namespace');
      }
      const whole = JSON.stringify(board.panels);
      for (const { name } of board.templating.list) expect(whole).toMatch(new RegExp(`\\$\\{?${name}\\b`));
    });

    it('lays its panels on the grid without overlap, each under a number of its own', () => {
      const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      for (const { gridPos } of board.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    });
  });
});

describe('what is read by an expression', () => {
  const known = new Map([['offered_total', new Set(['pool'])]]);

  it.each([
    ['rate(gone_total[5m])', ['no process offers gone_total']],
    ['offered_total{queue="a", namespace="b"}', ['offered_total has no label queue']],
    ['sum by (queue) (offered_total)', ['none of offered_total has the label queue']],
    ['sum by (pool, pod) (rate(offered_total{pool=~"$pool"}[$__rate_interval])) > 0', []],
  ])('is held against what is offered: %s', async (expression, complaints) => {
    const readPromql = await loadPromql();
    expect(unknownSeries(readPromql(expression), known)).toEqual(complaints);
  });

  it('has to be PromQL', async () => {
    const readPromql = await loadPromql();
    expect(() => readPromql('sum by (pool (offered_total)')).toThrow('not PromQL at character');
  });
});
