import { z } from 'zod';
import { parseJson } from '../config/parse-json.js';
import { BadInputError } from '../errors.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { ArtifactStore } from './artifact-store.js';
import { MOST_ARTIFACT_BYTES } from './largest-artifact.js';

/** Of one part of a file. Small enough to be held in memory several times, large enough that a request costs little. */
export const PART_BYTES = 8 * 1024 * 1024;

/** Of a manifest as JSON: room for about 60,000 parts, half a terabyte. What is larger is no manifest. */
export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;

const KIND = 'majlis.directory.v1';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');

const pathSchema = z
  .string()
  .refine(isInside, 'a path inside the folder: names with / between, none of them empty, . or ..');

const fileSchema = z
  .strictObject({
    path: pathSchema,
    bytes: z.int().min(0),
    sha256: sha256Schema,
    parts: z.array(sha256Schema),
  })
  .readonly();

const manifestSchema = z
  .strictObject({
    kind: z.literal(KIND),
    partBytes: z.int().min(1).max(MOST_ARTIFACT_BYTES),
    files: z.array(fileSchema).min(1),
  })
  .superRefine(({ partBytes, files }, context) => {
    const tell = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const [index, { bytes, parts }] of files.entries()) {
      const wanted = Math.ceil(bytes / partBytes);
      if (parts.length === wanted) continue;
      tell(['files', index, 'parts'], `${wanted} parts, for ${bytes} bytes in parts of ${partBytes}`);
    }
    const clash = clashOf(files.map(({ path }) => path));
    if (clash !== undefined) tell(['files'], `no path twice or below another file, as ${clash} is`);
  });

/** One file of a directory: its parts in order, each an artifact of `partBytes` but for the last, and the hash of all. */
export type ManifestFile = z.infer<typeof fileSchema>;

/**
 * What a directory holds. Itself an artifact, so that one content key names the whole directory: equal directories have
 * equal keys, whatever machine published them.
 */
export interface DirectoryManifest {
  readonly partBytes: number;
  /** By path, in the order of code units. */
  readonly files: readonly ManifestFile[];
}

/** The manifest's bytes; equal manifests have equal bytes. One that nobody would read back is a BadInputError at `source`. */
export function encodeManifest({ partBytes, files }: DirectoryManifest, source: string): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = Buffer.from(canonicalJson({ kind: KIND, partBytes, files: sorted }));
  parseManifest(bytes, source);
  return bytes;
}

/** Reads a manifest that came from outside; `source` names it in the BadInputError of one that is none. */
export function parseManifest(bytes: Uint8Array, source: string): DirectoryManifest {
  if (bytes.length > MOST_MANIFEST_BYTES) {
    throw new BadInputError({
      source,
      found: `${bytes.length} bytes`,
      allowed: `a directory manifest, which has at most ${MOST_MANIFEST_BYTES}`,
    });
  }
  const { partBytes, files } = parseJson(Buffer.from(bytes).toString('utf8'), manifestSchema, { source });
  return { partBytes, files };
}

/**
 * The manifest that a content key names, for who wants to know the hash of a directory's weights before fetching them.
 * An artifact that is no manifest, or one whose paths leave the folder, is a BadInputError.
 */
export async function readDirectoryManifest(
  store: Pick<ArtifactStore, 'get'>,
  contentKey: string,
): Promise<DirectoryManifest> {
  return parseManifest(await store.get(contentKey), `directory ${contentKey}`);
}

/** Whether a path stays in the folder on every system: no root, no drive, no way up, no separator but /. */
export function isInside(path: string): boolean {
  const isPlain = (name: string): boolean => name !== '' && name !== '.' && name !== '..';
  // A NUL ends a path for the system, and the rest of it is lost.
  return !/[\\\x00]|^[A-Za-z]:/.test(path) && path.split('/').every(isPlain);
}

/** A path that stands twice, or that another path would need as a folder. */
function clashOf(paths: readonly string[]): string | undefined {
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) return path;
    seen.add(path);
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  }
  return paths.find((path) => folders.has(path));
}
