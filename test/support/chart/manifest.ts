import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** What every Kubernetes object has; the rest of it is kept, and read with a schema where it is used. */
const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** One Kubernetes object as rendered. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads all objects of a YAML stream; throws with the text's own error where it is no YAML or no object of Kubernetes. */
export function readManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const manifests: Manifest[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const content: unknown = document.toJS();
    if (content !== null) manifests.push(manifestSchema.parse(content));
  }
  return manifests;
}

/** `Kind/name`, as kubectl names an object. */
export function nameOf({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${kind}/${metadata.name}`;
}
