import { expect, it } from 'vitest';
import { PIPELINE_PATH, placeOf, rejectedPath, serverPath, tablePath } from '../../../dashboard/page/address.ts';

it.each(['web-01', 'a b', 'db/primary', 'ünï', '100%', 'x?y#z'])('leads to the server %s and back', (host) => {
  const { pathname } = new URL(serverPath(host), 'http://localhost');
  expect(placeOf(pathname)).toEqual({ page: 'server', host });
});

it('takes every other address for the list', () => {
  for (const path of ['/', '/servers', '/servers/', '/servers/a/b']) expect(placeOf(path)).toEqual({ page: 'servers' });
});

it('takes a broken encoding as it is written', () => {
  expect(placeOf('/servers/%E0%A4%A')).toEqual({ page: 'server', host: '%E0%A4%A' });
});

it.each(['server_health', 'a b', 'ünï'])('leads to the table %s, its rejected records, and back', (table) => {
  const place = (path: string) => placeOf(new URL(path, 'http://localhost').pathname);
  expect(place(tablePath(table))).toEqual({ page: 'table', table });
  expect(place(rejectedPath(table))).toEqual({ page: 'rejected', table });
  expect(place(PIPELINE_PATH)).toEqual({ page: 'pipeline' });
  expect(place(`${rejectedPath(table)}/more`)).toEqual({ page: 'servers' });
});
