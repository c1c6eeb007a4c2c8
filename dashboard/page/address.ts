/** Where an address of the page leads. */
export type Place =
  | { readonly page: 'servers' }
  | { readonly page: 'server'; readonly host: string }
  | { readonly page: 'pipeline' }
  | { readonly page: 'table'; readonly table: string }
  | { readonly page: 'rejected'; readonly table: string };

export function placeOf(pathname: string): Place {
  const [, host] = /^\/servers\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (host !== undefined) return { page: 'server', host: decoded(host) };
  if (/^\/pipeline\/?$/.test(pathname)) return { page: 'pipeline' };
  const [, table, rejected] = /^\/pipeline\/([^/]+)(\/rejected)?\/?$/.exec(pathname) ?? [];
  if (table !== undefined) return { page: rejected === undefined ? 'table' : 'rejected', table: decoded(table) };
  return { page: 'servers' };
}

export function serverPath(host: string): string {
  return `/servers/${encodeURIComponent(host)}`;
}

export const PIPELINE_PATH = '/pipeline';

export function tablePath(table: string): string {
  return `${PIPELINE_PATH}/${encodeURIComponent(table)}`;
}

export function rejectedPath(table: string): string {
  return `${tablePath(table)}/rejected`;
}

/** As it is written where it is no proper encoding: such a server is not known, and the page says so. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
