import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import type { Check } from './check.ts';
import type { Component } from './component.ts';
import { isFree } from './ports.ts';
import { examineTools } from './toolchain.ts';

/** Free space that a first start takes: jars, a build of Temporal, and room for the services' own files. */
export const MIN_FREE_BYTES = 3 * 1024 ** 3;
const REACH_LIMIT_MS = 3_000;

/**
 * Looks at the machine for all that these components need, without changing anything.
 * @param portsTaken they are up already: their ports are theirs
 */
export async function examine(
  settings: Settings,
  components: readonly Component[],
  { portsTaken = false }: { readonly portsTaken?: boolean } = {},
): Promise<Check[]> {
  const listening = portsTaken ? [] : components;
  return [
    ...examineTools(settings, components),
    examineHome(settings.home),
    ...(await Promise.all(
      listening.flatMap((component) => component.ports.map((port) => examinePort(port, component))),
    )),
  ];
}

/**
 * Looks for the services that are given. A start does not depend on it: what is away may come back.
 */
export function examineGiven({ kafka, temporal, metastore, hdfs }: Settings): Promise<Check[]> {
  const metastores = metastore.endpoints.map(({ host, port }) => `${host}:${port}`);
  return Promise.all([
    ...(kafka.given ? kafka.brokers.map((address) => reach('Kafka', address, 'KAFKA_BROKERS')) : []),
    ...(temporal.given ? [reach('Temporal', temporal.address, 'TEMPORAL_ADDRESS')] : []),
    ...(metastore.given ? metastores.map((address) => reach('Hive Metastore', address, 'HIVE_METASTORE_URIS')) : []),
    ...(hdfs?.given ? hdfs.nameNodes.map((url) => reach('WebHDFS', addressOf(url), 'HDFS_WEBHDFS_URL')) : []),
  ]);
}

function examineHome(home: string): Check {
  const folder = nearestFolder(home);
  const check = { code: 'HOME_UNUSABLE' as const, what: `state in ${home}` };
  const elsewhere = 'set SLUICE_HOME to a folder elsewhere.';
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return { ...check, ok: false, found: `${folder} can't be written`, remedy: `Make it writable, or ${elsewhere}` };
  }
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const found = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  const remedy = `Free ${MIN_FREE_BYTES / 1024 ** 3} GiB, or ${elsewhere}`;
  return { ...check, ok: freeBytes >= MIN_FREE_BYTES, found, remedy };
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function examinePort({ port, variable }: Component['ports'][number], { name }: Component): Promise<Check> {
  const ok = await isFree(port);
  return {
    code: 'PORT_BUSY',
    what: `port ${port} for ${name}`,
    ok,
    found: ok ? 'free' : 'something else listens there',
    remedy: `Stop what holds it, or set ${variable} to another port.`,
  };
}

function addressOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

async function reach(service: string, address: string, variable: string): Promise<Check> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(address) ?? [];
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: REACH_LIMIT_MS });
    socket.once('connect', () => resolve(undefined));
    socket.once('timeout', () => resolve(`no answer within ${REACH_LIMIT_MS / 1000} s`));
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('the connection was closed'));
  }).finally(() => undefined);
  return {
    code: 'SERVICE_FAILED',
    what: `${service} at ${address}`,
    ok: problem === undefined,
    found: problem ?? 'reachable',
    remedy: `Check that it runs and can be reached from here, and ${variable}.`,
  };
}
