export { ingestTable } from './ingest-table.ts';
