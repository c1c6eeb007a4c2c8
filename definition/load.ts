import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import { parseDefinition } from './parse.ts';
import type { TableDefinition } from './table-definition.ts';

/** @throws SluiceError TABLE_UNKNOWN where there is no such file, DEFINITION_INVALID where it is wrong. */
export function loadDefinition(tablesFolder: string, table: string): TableDefinition {
  const file = fileOf(tablesFolder, table);
  let text: string;
  try {
    if (basename(table) !== table) throw new Error(`"${table}" is no table name`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SluiceError('TABLE_UNKNOWN', `There is no table "${table}": ${file} cannot be read.`, {
      remedy: 'Run `sluice tables` to see those that are defined.',
      cause,
    });
  }
  const definition = parseDefinition(text, file);
  if (definition.table !== table) {
    throw new SluiceError('DEFINITION_INVALID', `${file} defines the table "${definition.table}", not "${table}".`, {
      remedy: 'Name the file after its table.',
    });
  }
  return definition;
}

/** What a table's file says now, right or wrong: to see that it has changed. Undefined where it can't be read. */
export function definitionText(tablesFolder: string, table: string): string | undefined {
  try {
    return readFileSync(fileOf(tablesFolder, table), 'utf8');
  } catch {
    return undefined;
  }
}

function fileOf(tablesFolder: string, table: string): string {
  return join(tablesFolder, `${table}.yaml`);
}

/** Every table defined in the folder, by name. @throws SluiceError DEFINITION_INVALID where one of them is wrong */
export function loadDefinitions(tablesFolder: string): TableDefinition[] {
  return tableNames(tablesFolder).map((table) => loadDefinition(tablesFolder, table));
}

/** A table whose definition cannot be used, and why. */
export interface DefinitionFailure {
  readonly table: string;
  readonly failure: SluiceError;
}

/** The same, where a wrong file must not keep anyone from the other tables. */
export function readDefinitions(tablesFolder: string): {
  readonly definitions: readonly TableDefinition[];
  readonly failures: readonly DefinitionFailure[];
} {
  const definitions: TableDefinition[] = [];
  const failures: DefinitionFailure[] = [];
  for (const table of tableNames(tablesFolder)) {
    try {
      definitions.push(loadDefinition(tablesFolder, table));
    } catch (thrown) {
      failures.push({ table, failure: asSluiceError(thrown) });
    }
  }
  return { definitions, failures };
}

/** Tables that have a file in the folder, whatever it says: a file is named after its table. */
export function tableNames(tablesFolder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(tablesFolder).filter((name) => name.endsWith('.yaml'));
  } catch (cause) {
    throw new SluiceError('DEFINITION_INVALID', `The folder of table definitions ${tablesFolder} cannot be read.`, {
      remedy: 'Set SLUICE_TABLES to the folder that holds them.',
      cause,
    });
  }
  return names.sort().map((name) => name.slice(0, -'.yaml'.length));
}

/** Identifies what a definition says, not how its file is laid out. */
export function definitionHash(definition: TableDefinition): string {
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);
}
