import type { DataReport } from '../api/wire.ts';
import type { HealthFollower } from '../follower/health-follower.ts';
import type { TopicWatch } from '../follower/partition-lag.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { duration, many } from '../quantities.ts';
import { LATE_AFTER_MS } from '../table-condition.ts';

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
