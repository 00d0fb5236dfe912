import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import { packageRoot } from '../../core/runtime/package-root.js';

/** A file of the page as it is sent. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const FOLDER = join(packageRoot, 'cli', 'labelling', 'page');

/** All files that the page is made of; the empty name is the page itself. Nothing else can be asked for. */
const FILES = [
  'index.html',
  'page.css',
  'icon.svg',
  'page.mjs',
  'view.mjs',
  'keys.mjs',
  'elements.mjs',
  'desk-client.mjs',
  'agreement-view.mjs',
];

const CONTENT_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** The page's files by the name that they are asked for by. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const files = await Promise.all(
    FILES.map(async (name): Promise<[string, PageFile]> => {
      const contentType = CONTENT_TYPES.get(extname(name));
      if (contentType === undefined) {
        throw new MajlisError(`The page has a file of an unknown kind: ${name}`, { code: 'internal' });
      }
      const bytes = await readFile(join(FOLDER, name));
      return [name === 'index.html' ? '' : name, { contentType, bytes }];
    }),
  );
  return new Map(files);
}
