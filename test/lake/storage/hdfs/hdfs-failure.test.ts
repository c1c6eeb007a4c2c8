import { describe, expect, it } from 'vitest';
import {
  brokenOff,
  HdfsError,
  isOfNameNode,
  prospectOf,
  refusal,
  RequestError,
  type RequestFailure,
  undefinedIfMissing,
} from '../../../../lake/storage/hdfs/hdfs-failure.ts';

function remote(exception: string, message = 'words'): string {
  return JSON.stringify({ RemoteException: { exception, javaClassName: `org.apache.${exception}`, message } });
}

const NO_ROOM =
  'File /lake/x could only be written to 0 of the 1 minReplication nodes. There are 1 datanode(s) running and 1 node(s) are excluded in this operation.';
const NONE_RUNS = NO_ROOM.replace('There are 1', 'There are 0');
const NO_DATANODE = 'Failed to find datanode, suggest to check cluster health. excludeDatanodes=null';

const nameNode = (exception: string, status = 403, message?: string): RequestFailure =>
  refusal('NameNode', status, remote(exception, message));
const network = (code: string): RequestFailure => brokenOff('NameNode', Object.assign(new Error('words'), { code }));

describe('HdfsError', () => {
  it.each([
    [nameNode('AccessControlException'), 'LAKE_NOT_WRITABLE', 'HADOOP_USER_NAME', 'none'],
    [nameNode('SecurityException', 401), 'LAKE_NOT_WRITABLE', 'Kerberos', 'none'],
    [nameNode('SafeModeException'), 'LAKE_NOT_WRITABLE', 'safe mode', 'throttled'],
    [nameNode('StandbyException'), 'LAKE_UNREACHABLE', 'all NameNodes', 'throttled'],
    [nameNode('RetriableException'), 'LAKE_UNREACHABLE', 'HDFS_WEBHDFS_URL', 'throttled'],
    [nameNode('FileNotFoundException', 404), 'LAKE_UNREACHABLE', 'deleted', 'none'],
    [nameNode('NSQuotaExceededException'), 'LAKE_FULL', 'quota', 'none'],
    [nameNode('DSQuotaExceededException'), 'LAKE_FULL', 'quota', 'none'],
    [nameNode('MaxDirectoryItemsExceededException'), 'LAKE_FULL', 'space', 'none'],
    [nameNode('IOException', 403, NO_DATANODE), 'LAKE_UNREACHABLE', 'DataNode', 'throttled'],
    [nameNode('IOException', 403, 'must both be directories'), 'LAKE_UNREACHABLE', 'HDFS_WEBHDFS_URL', 'none'],
    [refusal('DataNode', 403, remote('IOException', NO_ROOM)), 'LAKE_FULL', 'space', 'throttled'],
    [refusal('DataNode', 403, remote('IOException', NONE_RUNS)), 'LAKE_UNREACHABLE', 'DataNode', 'throttled'],
    [refusal('NameNode', 404, '<html>planted</html>'), 'LAKE_UNREACHABLE', 'HDFS_WEBHDFS_URL', 'none'],
    [refusal('NameNode', 500, ''), 'LAKE_UNREACHABLE', 'HDFS_WEBHDFS_URL', 'throttled'],
    [network('ECONNREFUSED'), 'LAKE_UNREACHABLE', 'HDFS_WEBHDFS_URL', 'good'],
    [network('DEPTH_ZERO_SELF_SIGNED_CERT'), 'LAKE_UNREACHABLE', 'NODE_EXTRA_CA_CERTS', 'none'],
    [brokenOff('DataNode', Object.assign(new Error(), { code: 'ENOTFOUND' })), 'LAKE_UNREACHABLE', 'DataNodes', 'good'],
    [brokenOff('DataNode', Object.assign(new Error(), { code: 'ENOSPC' })), 'LAKE_FULL', 'SLUICE_SCRATCH', 'none'],
  ])('says of %o that it is %s, and what to do', (failure, code, remedy, prospect) => {
    const error = new HdfsError(failure, 'read', 'hdfs://name/lake/x');
    expect(error).toMatchObject({ code, remedy: expect.stringContaining(remedy) as string });
    expect(error.message).toContain(`could not read hdfs://name/lake/x (${failure.asked}: ${failure.name}`);
    expect(error.message).not.toContain('planted');
    expect(prospectOf(new RequestError(failure))).toBe(prospect);
  });

  it('takes the first line of Hadoop’s message alone, and no more than is of use', () => {
    const { text } = nameNode('IOException', 403, `${'x'.repeat(400)}\n\tat org.apache.hadoop`);
    expect(text).toBe('x'.repeat(300));
  });
});

it('asks another NameNode where one is away or stands by, not where it said no', () => {
  expect(isOfNameNode(network('ECONNREFUSED'))).toBe(true);
  expect(isOfNameNode(nameNode('StandbyException'))).toBe(true);
  expect(isOfNameNode(refusal('NameNode', 502, ''))).toBe(true);
  expect(isOfNameNode(nameNode('AccessControlException'))).toBe(false);
  expect(isOfNameNode(brokenOff('DataNode', new Error('gone')))).toBe(false);
});

it('takes for missing only what Hadoop says is not found, not a server that knows no WebHDFS', () => {
  expect(() => undefinedIfMissing(new RequestError(nameNode('FileNotFoundException', 404)))).not.toThrow();
  const elsewhere = new RequestError(refusal('NameNode', 404, 'no such page'));
  expect(() => undefinedIfMissing(elsewhere)).toThrow(elsewhere);
});
