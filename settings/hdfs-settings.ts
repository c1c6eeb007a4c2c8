import { userInfo } from 'node:os';
import { type Environment, invalid } from './environment.ts';

/** How to reach HDFS: by WebHDFS alone, under a name (Hadoop's "simple" authentication). */
export interface HdfsSettings {
  /** Each NameNode's base URL, without a trailing slash and without `/webhdfs/v1`, in the order to ask them. */
  readonly nameNodes: readonly string[];
  readonly user: string;
  /** False where the HDFS is one that is started here. */
  readonly given: boolean;
}

/** Ports of an HDFS that is started here: the first of five in a row. */
export interface HdfsPorts {
  /** Of the NameNode, for Hadoop's own clients: the one in `hdfs://`. */
  readonly nameNode: number;
  readonly webHdfs: number;
  readonly dataTransfer: number;
  readonly dataNodeWeb: number;
  readonly dataNode: number;
}

/** Of WebHDFS at a NameNode since Hadoop 3 (hdfs-default.xml, `dfs.namenode.http-address`). */
const DEFAULT_WEBHDFS_PORT = 9870;

/** `hdfs://name[:port]/folder`; without a name, `hdfs:///folder`, the one that is started here. Only what every client writes alike into a URL. */
const LOCATION = /^hdfs:\/\/((?:[a-z0-9][a-z0-9._-]*(?::\d{1,5})?)?)((?:\/(?!\.{1,2}(?:\/|$))[\w.=-]+)+)$/i;

/** What a NameNode takes for a name (hdfs-default.xml, `dfs.webhdfs.user.provider.user.pattern`), of some length. */
const USER = /^[A-Za-z_][\w.-]{0,99}\$?$/;

export function hdfsPortsFrom(first: number): HdfsPorts {
  return {
    nameNode: first,
    webHdfs: first + 1,
    dataTransfer: first + 2,
    dataNodeWeb: first + 3,
    dataNode: first + 4,
  };
}

/** The lake's URI with the NameNode's name in it; undefined where `uri` is none of HDFS's. */
export function hdfsLakeUri(uri: string, firstPort: number): string | undefined {
  const [, authority, path] = LOCATION.exec(uri) ?? [];
  if (authority === undefined || path === undefined) return undefined;
  return `hdfs://${authority || localAuthority(firstPort)}${path}`;
}

/** @param lakeUri as `hdfsLakeUri` gives it */
export function hdfsSettings(env: Environment, lakeUri: string, firstPort: number): HdfsSettings | undefined {
  const [, authority] = LOCATION.exec(lakeUri) ?? [];
  if (authority === undefined) return undefined;
  const local = authority === localAuthority(firstPort);
  const urls = env['HDFS_WEBHDFS_URL'];
  const derived = local
    ? `http://127.0.0.1:${hdfsPortsFrom(firstPort).webHdfs}`
    : `http://${authority.replace(/:\d+$/, '')}:${DEFAULT_WEBHDFS_PORT}`;
  return {
    nameNodes: urls ? urls.split(',').map((url) => nameNodeOf(url.trim())) : [derived],
    user: userOf(env),
    given: !local || Boolean(urls),
  };
}

function localAuthority(firstPort: number): string {
  return `127.0.0.1:${firstPort}`;
}

function nameNodeOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return url.href.replace(/\/+$/, '').replace(/\/webhdfs(\/v1)?$/, '');
  }
  // Not repeated: someone may have put a password into it.
  throw invalid('HDFS_WEBHDFS_URL', 'it is not http://host:port, or several of them with commas between');
}

function userOf(env: Environment): string {
  const user = env['HADOOP_USER_NAME'] || ownName();
  if (user === undefined) throw invalid('HADOOP_USER_NAME', 'it is needed, as this process’s user has no name');
  if (!USER.test(user)) throw invalid('HADOOP_USER_NAME', `"${user}" is no user’s name in HDFS`);
  return user;
}

function ownName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
