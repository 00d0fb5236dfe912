// Writes the table of values into charts/majlis/README.md, from values.yaml: a comment that begins with -- is a value's row.
// With --check it says whether the page is what would be written. A value without such a comment is an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { isAlias, isMap, parseDocument } from 'yaml';

const VALUES = 'charts/majlis/values.yaml';
const PAGE = 'charts/majlis/README.md';
const [BEGIN, END] = ['<!-- values: written by scripts/chart-readme.mjs -->', '<!-- end of values -->'];
const MARK = /^ ?-- ?/;

/** Rows of a map's values: path, default as JSON, meaning. */
function rowsOf(map, path) {
  return map.items.flatMap(({ key, value }, index) => {
    if (key.value === '<<') return [{ path: [...path, '*'], given: '', text: `as \`${mergedFrom(value)}\`` }];
    const at = [...path, key.value];
    // What stands before a map's first value is the map's own comment in the parsed document.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const text = lastComment(comment);
    if (text !== undefined) return [{ path: at, given: JSON.stringify(value?.toJSON() ?? null), text }];
    if (isMap(value) && value.items.length > 0) return rowsOf(value, at);
    throw new Error(`${VALUES}: ${at.join('.')} has no comment that begins with --`);
  });
}

function lastComment(comment = '') {
  const line = comment.split('\n').findLast((one) => MARK.test(one));
  return line?.replace(MARK, '');
}

function mergedFrom(value) {
  if (isAlias(value) && value.source === 'engine') return 'rollout.defaults.engine';
  throw new Error(`${VALUES}: merges something that is not known here`);
}

/** The page as it should be, given as it is. */
export async function chartReadme(page = readFileSync(PAGE, 'utf8'), values = readFileSync(VALUES, 'utf8')) {
  const document = parseDocument(values, { merge: true });
  if (document.errors.length > 0) throw document.errors[0];
  const rows = rowsOf(document.contents, []).map(({ path, given, text }) => {
    return `| \`${path.join('.')}\` | ${given === '' ? '' : `\`${given}\``} | ${text.replaceAll('|', '\\|')} |`;
  });
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has no "${BEGIN}" before a "${END}"`);
  const table = ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const text = `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = await chartReadme();
  const isSame = text === readFileSync(PAGE, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(PAGE, text);
  else if (!isSame) {
    console.error(`${PAGE} is not what ${VALUES} says; run node scripts/chart-readme.mjs`);
    process.exit(1);
  }
}
