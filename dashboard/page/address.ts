/** Where an address of the page leads. */
export type Place = { readonly page: 'servers' } | { readonly page: 'server'; readonly host: string };

export function placeOf(pathname: string): Place {
  const name = /^\/servers\/([^/]+)\/?$/.exec(pathname)?.[1];
  return name === undefined ? { page: 'servers' } : { page: 'server', host: decoded(name) };
}

export function serverPath(host: string): string {
  return `/servers/${encodeURIComponent(host)}`;
}

/** As it is written where it is no proper encoding: such a server is not known, and the page says so. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
