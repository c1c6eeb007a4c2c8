/**
 * Parses one file of /proc/pressure (kernel documentation, accounting/psi): the share of the last 10 s in which at
 * least one task was stalled for the resource, in percent.
 */
export function parsePressure(text: string): number | undefined {
  const match = /^some avg10=(\d+(?:\.\d+)?) /m.exec(text);
  return match ? Math.min(100, Number(match[1])) : undefined;
}
