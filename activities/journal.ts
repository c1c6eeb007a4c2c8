/** Tells whoever reads a worker's log what was done, with what it was done to: a table, a batch, an attempt. */
export type Journal = (
  level: 'debug' | 'info' | 'error',
  message: string,
  about: Readonly<Record<string, string | number | null>>,
) => void;
