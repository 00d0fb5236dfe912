/**
 * What users of other charts complain about, ten times: each with what this chart does about it, over every values file, and
 * the proof that taking the protection away is noticed.
 */
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { withValueAt } from '../support/chart/manifest-paths.js';
import { PROTECTIONS } from '../support/chart/protections.js';
import {
  CHART,
  CI_FILES,
  RELEASE,
  renderedChart,
  templateArguments,
} from '../support/chart/rendered-chart.js';

describeWithHelm('what users of charts complain about', () => {
  describe.each(PROTECTIONS)('$title', ({ check, removals, file = 'production-values.yaml' }) => {
    it('does not happen, with any values', () => {
      for (const values of CI_FILES)
        expect({ values, found: check(renderedChart(values)) }).toEqual({ values, found: [] });
    });

    it.each(removals)(
      'is noticed where the protection is taken away: %s %s %s',
      (kind, name, path, value) => {
        const before = renderedChart(file);
        const after = before.map((manifest) =>
          manifest.kind === kind && name.test(manifest.metadata.name)
            ? withValueAt(manifest, path, value)
            : manifest,
        );
        expect(check(before)).toEqual([]);
        expect(check(after)).not.toEqual([]);
      },
    );
  });

  it('10: half a GPU is refused, and what the notes say to type next is there', () => {
    const half = helm(
      templateArguments(['--values', `${CHART}/ci/production-values.yaml`, '--set-json', 'trainer.gpus=0.5']),
    );
    expect({ ok: half.ok, errors: half.errors }).toEqual({
      ok: false,
      errors: expect.stringContaining('gpus'),
    });
    const { output } = helm([
      ...['install', RELEASE.name, CHART, '--namespace', RELEASE.namespace],
      ...['--dry-run=client', '--values', `${CHART}/ci/minimal-values.yaml`],
    ]);
    const notes = output.slice(output.indexOf('NOTES:'));
    const named = [...notes.matchAll(/\b(?:pod|statefulset|svc|service|deployment)\/([a-z0-9-]+)/g)].map(
      ([, name = '']) => name,
    );
    const names = new Set(
      renderedChart('minimal-values.yaml').flatMap(({ metadata: { name } }) => [name, `${name}-0`]),
    );
    expect(notes).toContain('majlis');
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });
});
