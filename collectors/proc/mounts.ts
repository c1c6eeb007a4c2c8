/** A file system of this machine's own disks, at the place where it is mounted. */
export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
}

const ON_BLOCK_DEVICES = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'f2fs', 'jfs', 'reiserfs', 'bcachefs']);
/** Their device number says nothing, and their subvolumes are mounted by a root of their own. */
const WITH_SUBVOLUMES = new Set(['btrfs', 'zfs']);

/**
 * Parses /proc/self/mountinfo (proc_pid_mountinfo(5)) into the real, local, writable file systems, each once. Network,
 * memory and read-only ones are left out, and bind mounts of a folder. In a container only its overlay root is left.
 */
export function parseMounts(text: string): readonly Mount[] {
  const found = new Map<string, Mount>();
  let overlayRoot: Mount | undefined;
  for (const line of text.split('\n')) {
    const entry = parseEntry(line);
    if (entry === undefined || entry.readOnly) continue;
    const { device, root, mountPoint, type, source } = entry;
    if (type === 'overlay' && mountPoint === '/') overlayRoot = { mountPoint, type };
    const identity = WITH_SUBVOLUMES.has(type) ? source : device;
    if (!WITH_SUBVOLUMES.has(type) && !(ON_BLOCK_DEVICES.has(type) && root === '/')) continue;
    const known = found.get(identity);
    if (known === undefined || mountPoint.length < known.mountPoint.length) found.set(identity, { mountPoint, type });
  }
  return found.size > 0 || overlayRoot === undefined ? [...found.values()] : [overlayRoot];
}

function parseEntry(line: string) {
  const [left, right] = line.split(' - ');
  const fields = left?.split(' ') ?? [];
  const [type, source, superOptions] = right?.split(' ') ?? [];
  const [, , device, root, mountPoint, options] = fields;
  if (device === undefined || root === undefined || mountPoint === undefined || options === undefined) return undefined;
  if (type === undefined || source === undefined) return undefined;
  const readOnly = [options, superOptions ?? ''].some((list) => list.split(',').includes('ro'));
  return { device, root: unescape(root), mountPoint: unescape(mountPoint), type, source, readOnly };
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
