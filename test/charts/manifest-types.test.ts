import { readManifests } from '../support/chart/manifest.js';
import { typeComplaints } from '../support/chart/type-complaints.js';

describe('the types that manifests are held against', () => {
  it('refuse a field that there is not, at any depth, with the object', () => {
    const [complaint, ...others] = typeComplaints(
      readManifests(
        `{apiVersion: apps/v1, kind: Deployment, metadata: {name: worker},
          spec: {selector: {}, template: {spec: {containers: [{name: one, imagee: two}]}}}}`,
      ),
    );
    expect(complaint).toMatch(/^Deployment\/worker: .*'"imagee"' does not exist/);
    expect(others).toEqual([]);
  });

  it('refuse an unknown field of KEDA, of the Prometheus operator and of cert-manager', () => {
    const complaints = typeComplaints(
      readManifests(`
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: one}
spec: {scaleTargetRef: {nme: worker}, triggers: []}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: two}
spec: {selector: {}, podMetricsEndpoint: []}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: three}
spec: {secretName: tls, issuerReference: {name: ca}}
`),
    );
    expect(complaints.map((text) => /'"(\w+)"' does not exist/.exec(text)?.[1])).toEqual([
      'nme',
      'podMetricsEndpoint',
      'issuerReference',
    ]);
  });

  it('refuse a wrong type, what is missing and a kind that there is not', () => {
    const complaints = typeComplaints(
      readManifests(`
{apiVersion: v1, kind: Service, metadata: {name: one}, spec: {ports: [{port: "80"}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {selector: {}}}
---
{apiVersion: apps/v7, kind: Deployment, metadata: {name: three}}
`),
    );
    expect(complaints).toEqual([
      expect.stringMatching(/^Service\/one: Type 'string' is not assignable to type 'number'/),
      expect.stringMatching(/^Deployment\/two: Property '"template"' is missing/),
      expect.stringMatching(/^Deployment\/three: Cannot find module/),
    ]);
  });

  it('have nothing against what Kubernetes takes', () => {
    expect(
      typeComplaints(
        readManifests('{apiVersion: v1, kind: Service, metadata: {name: one}, spec: {ports: [{port: 80}]}}'),
      ),
    ).toEqual([]);
  });
});
