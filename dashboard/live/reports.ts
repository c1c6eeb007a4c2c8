import type { DataReport, TableReport } from '../api/wire.ts';
import type { HealthFollower } from '../follower/health-follower.ts';
import type { TopicWatch } from '../follower/partition-lag.ts';
import { HOUR_MS, MINUTE_MS } from '../follower/table-figures.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { duration, many } from '../quantities.ts';

/** Rows that are known to have been sent and are not here after this long are late. */
export const LATE_AFTER_MS = 10_000;

/** How far the servers' figures can be trusted, in words. */
export function dataReport(health: HealthFollower, table: TableFollower, topic: TopicWatch, nowMs: number): DataReport {
  const newestEventTimeMs = health.servers.newestEventTimeMs ?? null;
  const worst = health.completeness.worst;
  const known = { newestEventTimeMs, completeToMs: worst?.toMs ?? null };
  if (health.state === 'waiting' || newestEventTimeMs === null) {
    return { state: 'waiting', words: waitingWords(table), ...known };
  }
  if (health.state === 'loading') return { state: 'loading', words: 'Reading the last hour.', ...known };
  const behindMs = nowMs - (worst?.toMs ?? nowMs);
  const ageMs = nowMs - newestEventTimeMs;
  if (behindMs > LATE_AFTER_MS)
    return { state: 'late', words: lateWords(health, table, topic, nowMs, ageMs), ...known };
  if (ageMs > LATE_AFTER_MS) {
    const words = `Nothing has been sent for ${duration(ageMs)}: all that Kafka holds is committed. Look at the collectors.`;
    return { state: 'live', words, ...known };
  }
  const words =
    health.unreadFiles === 0
      ? 'Everything that was sent is here.'
      : `Rows of ${many(health.unreadFiles, 'file')} could not be read and are missing here. Start the dashboard anew to try again.`;
  return { state: 'live', words, ...known };
}

function waitingWords(table: TableFollower): string {
  if (table.problem) return table.problem.advice;
  const { topic } = table.definition.source;
  return table.exists
    ? `The table has no rows yet. Rows appear here with the first commit from the topic ${topic}.`
    : `Waiting for the first commit: the table ${table.definition.table} does not exist yet. Start the stack with \`sluice up\`.`;
}

function lateWords(
  health: HealthFollower,
  table: TableFollower,
  topic: TopicWatch,
  nowMs: number,
  ageMs: number,
): string {
  if (table.problem) return `The table cannot be read: ${table.problem.advice}`;
  const watch = topic.at(nowMs);
  const unknown = 'problem' in watch ? ` Whether servers still send is unknown: ${watch.problem}.` : '';
  if (ageMs > LATE_AFTER_MS) {
    return `The data is ${duration(ageMs)} old: nothing was committed since. Servers are shown as they were.${unknown}`;
  }
  const worst = health.completeness.worst;
  const behind =
    worst === undefined ? '' : `Kafka partition ${worst.partition} is ${duration(nowMs - worst.toMs)} behind`;
  return `${behind}: its servers are shown as they were.${unknown}`;
}

export function tableReport(
  table: TableFollower,
  topic: TopicWatch,
  nowMs: number,
  temporalUi: { readonly url: string; readonly namespace: string },
): TableReport {
  const { definition, figures } = table;
  const workflow = encodeURIComponent(`ingest/${definition.table}`);
  const last = figures.lastCommitAtMs;
  return {
    table: definition.table,
    database: definition.database,
    topic: definition.source.topic,
    ...stateOf(table, nowMs),
    freshnessToCommit: {
      lastMinute: figures.toCommit.since(nowMs - MINUTE_MS),
      lastHour: figures.toCommit.since(nowMs - HOUR_MS),
    },
    freshnessToHive: {
      lastMinute: figures.toHive.since(nowMs - MINUTE_MS),
      lastHour: figures.toHive.since(nowMs - HOUR_MS),
    },
    lag: lagOf(table, topic, nowMs),
    rowsPerSecond: Math.round(figures.rowsPerSecond(nowMs) * 10) / 10,
    rowsTotal: table.files.rowsTotal,
    rejectedTotal: table.rejectedTotal,
    rejectedLastMinute: figures.rejectedLastMinute(nowMs),
    unknownFieldsLastHour: figures.unknownFields(nowMs),
    lastCommitAtMs: last ?? null,
    logVersion: table.exists ? table.log.snapshot.version : null,
    hiveVersion: figures.hiveVersion ?? null,
    hivePublishedAtMs: figures.hivePublishedAtMs ?? null,
    workflowUrl: `${temporalUi.url}/namespaces/${encodeURIComponent(temporalUi.namespace)}/workflows/${workflow}`,
  };
}

function stateOf(table: TableFollower, nowMs: number): Pick<TableReport, 'state' | 'words'> {
  if (table.problem) return { state: 'failed', words: table.problem.advice };
  const last = table.figures.lastCommitAtMs;
  if (!table.exists || (last === undefined && table.files.size === 0)) {
    return { state: 'waiting', words: 'Waiting for the first commit.' };
  }
  if (last === undefined) return { state: 'late', words: 'No commit in the last hour.' };
  const ageMs = nowMs - last;
  if (ageMs > LATE_AFTER_MS) return { state: 'late', words: `No commit for ${duration(ageMs)}.` };
  const { p99Ms } = table.figures.toCommit.since(nowMs - MINUTE_MS);
  if (p99Ms !== null && p99Ms > LATE_AFTER_MS)
    return { state: 'late', words: `1 row in 100 takes ${duration(p99Ms)} or more.` };
  return { state: 'ok', words: 'Committing.' };
}

function lagOf(table: TableFollower, topic: TopicWatch, nowMs: number): TableReport['lag'] {
  const committed = table.committedOffsets();
  const watch = topic.at(nowMs);
  const ends = 'ends' in watch ? watch.ends.lastStable : new Map<number, bigint>();
  const numbers = [...new Set([...committed.keys(), ...ends.keys()])].sort((a, b) => a - b);
  const partitions = numbers.map((partition) => {
    const offset = committed.get(partition) ?? 0n;
    const end = ends.get(partition);
    return {
      partition,
      committedOffset: String(offset),
      lastStableOffset: end === undefined ? null : String(end),
      lagRecords: end === undefined ? null : Number(end > offset ? end - offset : 0n),
    };
  });
  if ('problem' in watch) return { state: 'unknown', words: `Lag is unknown: ${watch.problem}`, partitions };
  const total = partitions.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0);
  const words = total === 0 ? 'Nothing waits in Kafka.' : `${many(total, 'record')} wait in Kafka.`;
  return { state: 'known', words, partitions };
}
