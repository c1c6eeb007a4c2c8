/** Parses /proc/uptime (proc_uptime(5)): whole seconds since boot. */
export function parseUptime(text: string): number | undefined {
  const match = /^(\d+)(?:\.\d+)? /.exec(text);
  return match ? Number(match[1]) : undefined;
}
