import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openHome, purgeHome } from '../../infra/home.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('makes a home of a folder that is not there yet, and opens it again', () => {
  const home = join(temporaryFolder(), 'deep', 'home');
  openHome(home);
  openHome(home);
  expect(readdirSync(home)).toEqual(['sluice-home']);
});

it('refuses a folder that holds something else', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'thesis.txt'), '');
  expect(() => openHome(folder)).toThrow(/is no home of Sluice's: it holds thesis\.txt/);
});

it('purges its state alone: downloads, definitions and what somebody else put there stay', () => {
  const home = temporaryFolder();
  openHome(home);
  for (const name of ['lake', 'kafka', 'logs', 'run', 'cache', 'tables', 'mine']) mkdirSync(join(home, name));
  expect([...purgeHome(home)].sort()).toEqual(['cache', 'mine', 'tables']);
  expect(readdirSync(home).sort()).toEqual(['cache', 'mine', 'tables']);
});

it('leaves nothing of a home that held state alone, and has nothing to do twice', () => {
  const home = join(temporaryFolder(), 'home');
  openHome(home);
  mkdirSync(join(home, 'lake'));
  expect(purgeHome(home)).toEqual([]);
  expect(existsSync(home)).toBe(false);
  expect(purgeHome(home)).toEqual([]);
});

it('purges no folder that is not a home', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'lake'));
  expect(() => purgeHome(folder)).toThrow(/nothing was deleted/);
  expect(readdirSync(folder)).toEqual(['lake']);
});
