import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { nameOf } from './manifest.js';
import type { Manifest } from './manifest.js';

/** The package with the types of an API group; the last one has Kubernetes' own. */
const PACKAGES: readonly { readonly group: RegExp; readonly types: string }[] = [
  { group: /^keda\.sh\//, types: '@kubernetes-models/keda' },
  { group: /^monitoring\.coreos\.com\//, types: '@kubernetes-models/prometheus-operator' },
  { group: /^cert-manager\.io\//, types: '@kubernetes-models/cert-manager' },
  { group: /^/, types: 'kubernetes-models' },
];

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es2022.d.ts'],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/**
 * What the published types of Kubernetes, KEDA, cert-manager and the Prometheus operator have against these objects: wrong
 * types, what is missing, and fields that there are not. Each is written as a literal of its type and put before the TypeScript compiler, which alone
 * refuses unknown fields at every depth: one sentence for each error, with the object's name.
 */
export function typeComplaints(manifests: readonly Manifest[]): string[] {
  const lines = manifests.map(declaration);
  const file = join(packageRoot, 'test/rendered-manifests.ts');
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  const source = ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2022);
  host.getSourceFile = (name, ...rest) => (name === file ? source : getSourceFile.call(host, name, ...rest));
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  const program = ts.createProgram([file], OPTIONS, host);
  return program.getSemanticDiagnostics(source).map(({ start, messageText }) => {
    const line = source.getLineAndCharacterOfPosition(start ?? 0).line;
    const manifest = manifests[line];
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${manifest === undefined ? 'unknown object' : nameOf(manifest)}: ${message}`;
  });
}

/** One line for one object, so that an error's line is the object's index. */
function declaration(manifest: Manifest, index: number): string {
  const types = PACKAGES.find(({ group }) => group.test(manifest.apiVersion))?.types ?? 'kubernetes-models';
  const path = `${types}/${manifest.apiVersion}/${manifest.kind}`;
  return `export const object${index}: import('${path}').I${manifest.kind} = ${JSON.stringify(manifest)};`;
}
