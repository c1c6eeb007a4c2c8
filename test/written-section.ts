import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const END = '<!-- end -->';

/**
 * Puts lines of Markdown into a page of the docs, in the place of what the same program wrote there before.
 * @param program as the page names it: `npm run faults`
 */
export function writeSection(page: string, program: string, lines: readonly string[]): void {
  const begin = `<!-- written by ${program} -->`;
  const text = [begin, '', ...lines, '', END].join('\n');
  const before = readFileSync(page, 'utf8');
  writeFileSync(page, before.slice(0, before.indexOf(begin)) + text + before.slice(before.indexOf(END) + END.length));
  execFileSync(process.execPath, [
    createRequire(import.meta.url).resolve('prettier/bin/prettier.cjs'),
    '--write',
    page,
  ]);
}
