// Writes the composed files of examples/<name>/, or of any folder, from its frames.yaml and the locale's gazetteer.
// Usage: npm run -s build && node scripts/compose-examples.mjs [name|folder ...]   (all examples with frames by default)
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { composeCorpus } = require(join(root, 'dist/workers/corpus/compose-corpus.js'));
const { corpusFiles } = require(join(root, 'dist/workers/corpus/corpus-files.js'));
const { loadCorpusSource } = require(join(root, 'dist/workers/corpus/load-corpus-source.js'));

const examples = join(root, 'examples');
const named = process.argv.slice(2);
const names = named.length > 0 ? named : readdirSync(examples).filter(hasFrames);

for (const name of names) {
  const folder = hasFrames(name) ? join(examples, name) : name;
  const source = await loadCorpusSource(folder);
  const files = corpusFiles(source.frames.locale, composeCorpus(source));
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, file);
    writeFileSync(path, content);
    console.log(`${relative(process.cwd(), path)}: ${content.trimEnd().split('\n').length} lines`);
  }
}

function hasFrames(name) {
  return existsSync(join(examples, name, 'frames.yaml'));
}
