export { compactTable } from './compact-table.ts';
export { ingestTable } from './ingest-table.ts';
