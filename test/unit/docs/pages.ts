import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';

const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.venv', '.majlis', 'coverage']);

/** Paths of all Markdown pages of the project, from its root. */
export function markdownPages(folder = packageRoot): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return markdownPages(path);
      return entry.name.endsWith('.md') ? [relative(packageRoot, path)] : [];
    })
    .sort();
}

/** The text of a page, by its path from the root. */
export function readPage(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8');
}

/** Cells of the table rows whose first cell is one name in backticks, the backticks dropped. */
export function namedRows(page: string): string[][] {
  return readPage(page)
    .split('\n')
    .filter((line) => /^\| *`[^`]+` *\|/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]+)`$/, '$1')),
    );
}
