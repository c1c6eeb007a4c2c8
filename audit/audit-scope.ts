import type { SluiceError } from '../errors/sluice-error.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import type { Stretch } from '../plans/audit-window.ts';
import type { Certificate } from '../plans/certificate.ts';
import type { AuditParts, AuditRequest, AuditScope } from './audit-parts.ts';
import type { HeldTopic } from './held-topic.ts';
import type { AuditedTable } from './table-view.ts';

/** Whether a scope leaves nothing out that a certificate would have to vouch for. */
export function isWhole(scope: AuditScope): boolean {
  const { partition, fromOffset, toOffset, sinceMs } = scope;
  return [partition, fromOffset, toOffset, sinceMs].every((limit) => limit === undefined);
}

/** Whether a certificate still says what the table is to hold: a backfill or a drop since then has changed that. */
export function holds(certificate: Certificate | undefined, table: AuditedTable): certificate is Certificate {
  if (certificate?.topicId !== table.source?.topicId || certificate?.drops !== table.drops) return false;
  return table.backfilledAt === undefined || table.backfilledAt <= certificate.version;
}

/** The offsets to look at: those that the table has committed, as far as the scope reaches. */
export async function stretchesOf(
  parts: AuditParts,
  request: AuditRequest,
  table: AuditedTable,
  continued: Certificate | undefined,
  kafka: HeldTopic | SluiceError,
): Promise<Stretch[]> {
  const { scope, signal } = request;
  const starts = await startsOf(parts, table);
  const since =
    scope.sinceMs === undefined
      ? undefined
      : await parts.cluster.offsetsSince(table.definition.source.topic, scope.sinceMs, { signal });
  const certified = continued?.completeTo ?? {};
  const stretches: Stretch[] = [];
  for (const [partition, committed] of table.committed) {
    if (scope.partition !== undefined && scope.partition !== partition) continue;
    const from = highest(
      starts.get(partition) ?? 0n,
      kafka instanceof Error ? undefined : goneBelow(table, partition, kafka.heldFrom.get(partition) ?? 0n),
      scope.fromOffset,
      since === undefined ? undefined : (since.get(partition) ?? committed),
      BigInt(certified[partition] ?? 0),
    );
    const to = scope.toOffset !== undefined && scope.toOffset < committed ? scope.toOffset : committed;
    if (from < to) stretches.push({ partition, from, to });
  }
  return stretches;
}

/**
 * Below this offset there is nothing to look at any more: retention has dropped the rows, and Kafka has forgotten the records. So
 * an audit's work is bounded by what is kept, whatever the table's age.
 */
function goneBelow({ drops, main, rejected, archive }: AuditedTable, partition: number, heldFrom: bigint): bigint {
  if (drops === 0) return 0n;
  let lowest = heldFrom;
  for (const { rows, partitions, offsets } of [main, rejected, archive].flatMap((view) => view?.live ?? [])) {
    if (rows === 0) continue;
    const [from, to] = partitions ?? [partition, partition];
    const [first] = offsets ?? [0n];
    if (partition >= from && partition <= to && first < lowest) lowest = first;
  }
  return lowest;
}

/** Where the table begins in each partition: the first batch took what Kafka held then. */
async function startsOf(parts: AuditParts, { main }: AuditedTable): Promise<Map<number, bigint>> {
  const first = await new BatchFiles(parts.storage, main.shape.path).readDecidedPlan(1);
  const starts = new Map<number, bigint>();
  for (const [partition, next] of Object.entries(first?.nextOffsets ?? {})) {
    const range = first?.ranges.find((candidate) => candidate.partition === Number(partition));
    starts.set(Number(partition), BigInt(range?.startOffset ?? next));
  }
  return starts;
}

function highest(first: bigint, ...others: readonly (bigint | undefined)[]): bigint {
  return others.reduce<bigint>((high, other) => (other !== undefined && other > high ? other : high), first);
}
