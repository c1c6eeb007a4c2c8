/**
 * Begins the name of a folder, within an attempt's scratch folder, that another system writes to. It goes on when the process
 * of the attempt has died, and who comes after may join it and take what it wrote.
 */
export const JOINABLE_PREFIX = 'spark-';

/** So long after its last change such a folder is kept: longer than a server keeps an operation that nobody follows. */
export const JOINABLE_FOR_MS = 60 * 60_000;
