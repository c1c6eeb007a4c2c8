export { auditTable } from './audit-table.ts';
export { compactTable } from './compact-table.ts';
export { ingestTable } from './ingest-table.ts';
export { vacuumTable } from './vacuum-table.ts';
