import type { AuditRun, CheckedTable } from './audit-run.ts';
import { originsOf, runsOf, stretchOf } from './row-sql.ts';

/** No row may name an offset that is not committed yet. @param committed next offset of each Kafka partition */
export async function checkCommitted(
  run: AuditRun,
  { view, reader, records }: CheckedTable,
  committed: ReadonlyMap<number, bigint>,
  kind: 'row_unexpected' | 'archive_record_unexpected',
): Promise<void> {
  const allowed = [...committed].map(
    ([partition, end]) => `(kafka_partition = ${partition} AND kafka_offset < ${end})`,
  );
  const suspects = view.live.filter(({ partitions, offsets }) => {
    if (partitions === undefined || offsets === undefined) return true;
    const [first, last] = partitions;
    for (let partition = first; partition <= last; partition += 1) {
      if (offsets[1] >= (committed.get(partition) ?? 0n)) return true;
    }
    return false;
  });
  await reader.read(suspects, async (group) => {
    const origins = `SELECT kafka_partition AS p, kafka_offset AS o FROM (${originsOf(group)}) WHERE NOT (${allowed.join(' OR ') || 'FALSE'})`;
    for (const row of await run.session.rows(runsOf(origins))) {
      records.add(kind, { table: view.shape.table, storagePath: undefined }, stretchOf(row));
    }
  });
}
