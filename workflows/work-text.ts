import type { ScheduledTask } from './schedule-protocol.ts';

/** What the Temporal UI shows of a workflow for its whole life: a line, and Markdown. */
export interface WorkText {
  readonly staticSummary: string;
  readonly staticDetails: string;
}

export function ingestionText(table: string, reason?: string): WorkText {
  return {
    staticSummary: `Ingests ${table} from Kafka`,
    staticDetails: paragraphs(
      reason,
      `Takes the records of the topic of \`${table}\` and commits each once, as a row or as a rejected record, for as long as the table is defined.`,
      `\`sluice status\` shows how fresh it is; \`sluice pause ${table}\` holds it. Ended by hand, it is started again when a worker starts, and goes on where the table’s log stands.`,
    ),
  };
}

export function compactionText({ table, partition }: { table: string; partition?: string }): WorkText {
  return {
    staticSummary: `Compacts ${table}${partition === undefined ? '' : ` ${partition}`}`,
    staticDetails: paragraphs(
      `Merges small files of \`${table}\`, its rejected table and its archive, and sorts hours that have ended, where that gains something. No row is changed.`,
      `\`sluice compact ${table} --dry-run\` shows what it would take, and why. It may be cancelled: what is not committed is never seen.`,
    ),
  };
}

/** What each kind of audit looks at. */
const AUDITED = {
  quick: { summary: 'offsets, files and Hive', compared: 'no record is read again' },
  full: { summary: 'every record with its row', compared: 'every record is read again and held against its row' },
} as const;

export function auditText({ table, mode }: { table: string; mode: keyof typeof AUDITED }): WorkText {
  const { summary, compared } = AUDITED[mode];
  return {
    staticSummary: `Audits ${table}: ${summary}`,
    staticDetails: paragraphs(
      `Compares \`${table}\` with its topic’s offsets, its log, its files and Hive; ${compared}. It ends as \`Clean\`, \`Findings\` or \`NotAudited\`.`,
      `\`sluice audit ${table} --certificates\` shows what is vouched for; docs/audit.md says what findings mean. It may be cancelled.`,
    ),
  };
}

export function vacuumText(table: string): WorkText {
  return {
    staticSummary: `Deletes what nothing needs any more of ${table}`,
    staticDetails: paragraphs(
      `Deletes files of \`${table}\`, its rejected table and its archive that neither the log nor a reader needs any more. Nothing else ever deletes.`,
      `\`sluice vacuum ${table} --dry-run\` lists every file with its reason. It may be cancelled; the next one begins anew.`,
    ),
  };
}

export function retentionText(table: string): WorkText {
  return {
    staticSummary: `Drops partitions of ${table} that it keeps no longer`,
    staticDetails: paragraphs(
      `Drops whole partitions of \`${table}\` that are older, or more, than \`retention\` in its definition keeps: in the log, then in Hive. Their files are a vacuum’s.`,
      `\`sluice retention ${table} --dry-run\` lists them with their reasons.`,
    ),
  };
}

export function backfillText({ table, number }: { table: string; number: number }): WorkText {
  return {
    staticSummary: `Backfill ${number} of ${table}`,
    staticDetails: paragraphs(
      `Derives records of \`${table}\` anew by the definition that its plan pins, beside the table, and then replaces all of their rows at once.`,
      `\`sluice backfill show ${table} ${number}\` shows its plan; \`pause\`, \`resume\` and \`cancel\` are commands of the same kind. All that it goes by lies in the lake: lost, it is started again by the background worker.`,
    ),
  };
}

export function scheduledText({ table, task }: { table: string; task: ScheduledTask }): WorkText {
  return {
    staticSummary: `Scheduled ${task} of ${table}`,
    staticDetails: paragraphs(
      `Started by the schedule \`sluice/${task}/${table}\`. It starts the work itself as a workflow of its own, unless that runs already, and waits for it.`,
      `\`sluice schedules ${table}\` lists last and next runs; \`sluice schedules pause ${table} ${task}\` leaves them out.`,
    ),
  };
}

function paragraphs(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined).join('\n\n');
}
