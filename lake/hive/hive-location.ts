/**
 * Hadoop's way of writing a URI, which is what Hive means by LOCATION: `org.apache.hadoop.fs.Path` takes a text as it is,
 * without percent-decoding, and prints `file:/x` for `file:///x`. Its connector to S3 goes by the name of `s3a`.
 */
export function hiveLocation(uri: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0] ?? '';
  const path = decodeURIComponent(uri.slice(scheme.length)).replace(/(?<=[^/])\/+$/, '');
  return (scheme === 's3:' ? 's3a:' : scheme) + path.replace(/^\/\/\/+/, '/');
}

/** The path of a LOCATION relative to the table's, '' for the table's own; undefined where it lies elsewhere. */
export function directoryWithin(tableLocation: string, location: string | undefined): string | undefined {
  if (location === undefined) return undefined;
  const found = location.replace(/^([a-z][a-z0-9+.-]*:)\/\/\/+/i, '$1/').replace(/(?<=[^/])\/+$/, '');
  if (found === tableLocation) return '';
  return found.startsWith(`${tableLocation}/`) ? found.slice(tableLocation.length + 1) : undefined;
}
