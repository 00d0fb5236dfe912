/**
 * An upgrade from the version that was installed before. Kubernetes refuses a change of some fields of an object that is
 * there; test/fixtures/chart has those of the last version, as its own values files rendered them, and those files.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../core/runtime/package-root.js';
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { valueAt, withValueAt } from '../support/chart/manifest-paths.js';
import { nameOf, readManifests } from '../support/chart/manifest.js';
import type { Manifest } from '../support/chart/manifest.js';
import { templateArguments } from '../support/chart/rendered-chart.js';

const LAST = join(packageRoot, 'test/fixtures/chart');
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
  Service: ['spec.clusterIP'],
};

/** What Kubernetes never lets an upgrade change, by object and field. */
function fixedFields(manifests: readonly Manifest[]): Record<string, unknown> {
  return Object.fromEntries(
    manifests.flatMap((manifest) =>
      (FIELDS[manifest.kind] ?? []).map((path) => [
        `${nameOf(manifest)} ${path}`,
        valueAt(manifest, path) ?? null,
      ]),
    ),
  );
}

describeWithHelm('an upgrade from the last version', () => {
  const files = existsSync(LAST) ? readdirSync(LAST).filter((name) => name.endsWith('-values.yaml')) : [];

  it.each(files)(
    'renders with that version’s %s, and changes nothing that Kubernetes lets nobody change',
    (file) => {
      const { ok, output, errors } = helm(templateArguments(['--values', join(LAST, file), '--is-upgrade']));
      expect({ ok, errors }).toEqual({ ok: true, errors: '' });
      const manifests = readManifests(output);
      const before = z
        .record(z.string(), z.unknown())
        .parse(JSON.parse(readFileSync(join(LAST, file.replace('-values.yaml', '.json')), 'utf8')));
      expect(Object.keys(before).length).toBeGreaterThan(5);
      expect(fixedFields(manifests)).toMatchObject(before);
      const moved = manifests.map((manifest) =>
        manifest.kind === 'StatefulSet' ? withValueAt(manifest, 'spec.serviceName', 'elsewhere') : manifest,
      );
      expect(fixedFields(moved)).not.toMatchObject(before);
    },
  );

  it('is from a version that was there: its values files and no fewer', () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(parse(readFileSync(join(LAST, 'minimal-values.yaml'), 'utf8'))).toBeDefined();
  });
});
