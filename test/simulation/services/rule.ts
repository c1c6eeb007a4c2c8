import type { TableDefinition } from '../../../definition/table-definition.ts';
import { HOURS, type TopicRecord } from './memory-topic.ts';

/** The rules that a definition may have; the files have the first. Each makes other rows of the same records. */
export const RULES = [0, 1, 2, 3];

/** A definition with another rule: its description says which. */
export function withRule(definition: TableDefinition, rule: number): TableDefinition {
  return { ...definition, description: `rule ${rule}` };
}

export function ruleOf({ description }: Pick<TableDefinition, 'description'>): number {
  return Number(/^rule (\d)$/.exec(description)?.[1] ?? 0);
}

/** What a rule makes of a record: moved to another hour, or into the other table. */
export function derived(record: TopicRecord, rule: number): TopicRecord {
  const flips = rule > 0 && (record.offset + rule) % 3 === 0;
  const hour = rule === 0 ? record.hour : (record.hour + rule) % HOURS;
  return { ...record, hour, bad: record.bad !== flips };
}
