import type { Proposal } from '../backfill/propose-backfill.ts';
import type { BackfillStatus } from '../workflows/backfill-protocol.ts';

import { many } from '../plans/amounts.ts';

const MIB = 1024 ** 2;
const MAX_RANGES_SHOWN = 20;

/** What a backfill would do, line by line. */
export function outlookInWords(table: string, { plan, outlook }: Pick<Proposal, 'plan' | 'outlook'>): string[] {
  const { ranges, offsets, units, unitOffsets, sourceBytes, replaced, estimatedMs } = outlook;
  return [
    `${table}: up to ${many(BigInt(offsets), 'record')} would be derived anew${outlook.engine === 'spark' ? ' on Spark' : ''} by definition ${plan.definitionHash}, from ${sourceInWords(plan)}.`,
    ...ranges
      .slice(0, MAX_RANGES_SHOWN)
      .map(
        ({ partition, startOffset, endOffset }) =>
          `  Kafka partition ${partition}: offsets ${startOffset} to ${BigInt(endOffset) - 1n}`,
      ),
    ...(ranges.length > MAX_RANGES_SHOWN ? [`  and ${ranges.length - MAX_RANGES_SHOWN} more ranges`] : []),
    `  in ${many(units, 'unit')} of ${units > 1 ? 'up to ' : ''}${unitOffsets} offsets, ${(sourceBytes / MIB).toFixed(1)} MiB to read; about ${Math.ceil(estimatedMs / 1000)} s.`,
    ...replaced.flatMap(({ table: of, files, rows, sizeBytes, partitions, names }) => [
      `Of ${of}, ${many(partitions, 'partition')} may hold them: ${many(files, 'file')}, ${many(rows, 'row')}, ${(sizeBytes / MIB).toFixed(1)} MiB, written anew where they do.`,
      ...names.map((name) => `  ${name}`),
      ...(partitions > names.length ? [`  and ${partitions - names.length} more`] : []),
    ]),
    ...(outlook.leavesOutToMs === null
      ? []
      : [
          `Of partitions that retention has dropped, up to ${new Date(outlook.leavesOutToMs).toISOString()}, no row is derived again. Ask for them with --dropped.`,
        ]),
    'Nothing has been done. Begin it with --yes, or let somebody approve it with --propose.',
  ];
}

function sourceInWords({ source, topic }: Proposal['plan']): string {
  if (source === 'archive') return 'the table’s archive';
  return source === 'files'
    ? 'the files, which are kept beside the plan'
    : `the topic ${topic}, which holds all of them`;
}

export function statusInWords(status: BackfillStatus): string[] {
  const { table, number, state, reason, unitsDone, unitsLeft, rows, rejectedRows, merges } = status;
  return [
    `Backfill ${number} of ${table} is ${state}. ${reason}`,
    `  ${many(unitsDone, 'unit')} derived, ${unitsLeft ?? 'an unknown number'} left; ${many(rows, 'row')}, ${rejectedRows} rejected; ${many(merges, 'partition')} merged.`,
    ...(status.publicationFailure === null ? [] : [`  Hive lags behind. ${status.publicationFailure}`]),
  ];
}
