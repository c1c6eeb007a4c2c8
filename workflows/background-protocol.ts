/** Task queue of work that may wait: its workers run beside those of live ingestion, with a lower priority. */
export const BACKGROUND_TASK_QUEUE = 'sluice-background';
