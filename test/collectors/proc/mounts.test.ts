import { expect, test } from 'vitest';
import { parseMounts } from '../../../collectors/proc/mounts.ts';

const SERVER = `22 27 0:21 / /proc rw,relatime - proc proc rw
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684092k
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
28 27 254:16 / /var/my\\040data rw,relatime shared:5 - xfs /dev/vdb rw
29 27 254:0 /home /srv/bind rw,relatime - ext4 /dev/vda rw
30 27 254:16 / /mnt/the-same-disk-again rw,relatime - xfs /dev/vdb rw
31 27 0:40 / /mnt/nfs rw,relatime - nfs4 filer:/export rw
32 27 7:0 / /snap/core/1 ro,relatime - squashfs /dev/loop0 ro
33 27 8:1 / /mnt/read-only ro,relatime - ext4 /dev/sda1 ro
34 27 0:50 /@ /backup rw,relatime - btrfs /dev/sdc rw,subvol=/@
35 27 0:50 /@home /backup/home rw,relatime - btrfs /dev/sdc rw,subvol=/@home
`;

test('real, local, writable file systems, each once', () => {
  expect(parseMounts(SERVER)).toEqual([
    { mountPoint: '/', type: 'ext4' },
    { mountPoint: '/var/my data', type: 'xfs' },
    { mountPoint: '/backup', type: 'btrfs' },
  ]);
});

test('in a container, the files that are mounted into it do not count but its root does', () => {
  const text = `600 500 0:100 / / rw,relatime - overlay overlay rw,lowerdir=/a
601 600 0:101 / /proc rw - proc proc rw
602 600 254:1 /containers/1/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw
`;
  expect(parseMounts(text)).toEqual([{ mountPoint: '/', type: 'overlay' }]);
});

test.each(['', 'nonsense\n', '27 1 254:0 / /\n'])('no file systems in %j', (text) => {
  expect(parseMounts(text)).toEqual([]);
});
