import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../core/runtime/package-root.js';
import { knownMetrics } from '../support/chart/known-metrics.js';
import { loadPromql } from '../support/chart/promql.js';
import type { ReadPromql } from '../support/chart/promql.js';
import { unknownSeries } from '../support/chart/unknown-series.js';

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Majlis[A-Z]\w+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[mh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string() }),
});
const groupsSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ruleSchema).min(1) })),
});

const { groups } = groupsSchema.parse(
  parse(readFileSync(join(packageRoot, 'charts/majlis/alerts.yaml'), 'utf8')),
);
const rules = groups.flatMap((group) => group.rules);

describe('the alerts', () => {
  let readPromql: ReadPromql;
  beforeAll(async () => {
    readPromql = await loadPromql();
  });

  it('read only series and labels that some process offers', async () => {
    const known = await knownMetrics();
    expect(rules.length).toBeGreaterThan(15);
    expect(rules.flatMap(({ expr }) => unknownSeries(readPromql(expr), known))).toEqual([]);
  });

  it('look at the namespace of their release only', () => {
    for (const { alert, expr } of rules) {
      const selected = expr.match(/namespace="RELEASE_NAMESPACE"/g)?.length;
      expect({ alert, selected }).toEqual({ alert, selected: readPromql(expr).selections.length });
    }
  });

  it('tell in their sentence only what their expression keeps', () => {
    for (const { alert, expr, annotations } of rules) {
      const told = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      const { groupedBy } = readPromql(expr);
      expect({ alert, stray: told.filter((label) => !groupedBy.includes(label)) }).toEqual({
        ...{ alert, stray: [] },
      });
    }
  });

  it('have names of their own, and each says in docs/alerts.md what to do', () => {
    const page = readFileSync(join(packageRoot, 'docs/alerts.md'), 'utf8');
    const headings = [...page.matchAll(/^### (Majlis\w+)$/gm)].map(([, name]) => name);
    expect(rules.map(({ alert }) => alert)).toEqual(headings);
    expect(new Set(headings).size).toBe(headings.length);
  });
});
