/** Whether a path could name something outside of its storage, or something else than it seems to. */
export function leadsOut(path: string): boolean {
  return path.startsWith('/') || path.includes('\0') || path.split('/').some((part) => part === '..' || part === '.');
}
