export { auditTable } from './audit-table.ts';
export { backfillTable } from './backfill-table.ts';
export { compactTable } from './compact-table.ts';
export { dropPartitions } from './drop-partitions.ts';
export { ingestTable } from './ingest-table.ts';
export { maintainTable } from './maintain-table.ts';
export { vacuumTable } from './vacuum-table.ts';
