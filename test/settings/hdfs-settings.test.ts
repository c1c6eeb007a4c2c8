import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../settings/settings.ts';

const HOME = { SLUICE_HOME: '/home/lake' };

describe('a lake in HDFS', () => {
  it('is one of the operator’s where the location names a NameNode', () => {
    const { lakeUri, hdfs } = readSettings({ ...HOME, SLUICE_LAKE: 'hdfs://name-1:8020/lakes/main/' });
    expect(lakeUri).toBe('hdfs://name-1:8020/lakes/main');
    expect(hdfs).toEqual({ nameNodes: ['http://name-1:9870'], user: userInfo().username, given: true });
  });

  it('is started here where the location names none', () => {
    const { lakeUri, hdfs } = readSettings({ ...HOME, SLUICE_LAKE: 'hdfs:///lake', SLUICE_PORT_HDFS: '28020' });
    expect(lakeUri).toBe('hdfs://127.0.0.1:28020/lake');
    expect(hdfs).toMatchObject({ nameNodes: ['http://127.0.0.1:28021'], given: false });
    // So do the processes that are told the whole location.
    expect(readSettings({ ...HOME, SLUICE_LAKE: lakeUri, SLUICE_PORT_HDFS: '28020' })).toMatchObject({
      lakeUri,
      hdfs: { given: false },
    });
  });

  it('has as many NameNodes as it is told, and a user of one’s choice', () => {
    const { hdfs } = readSettings({
      ...HOME,
      SLUICE_LAKE: 'hdfs://cluster/lake',
      HDFS_WEBHDFS_URL: 'https://nn1:9871/, http://nn2:9870/gateway/webhdfs/v1',
      HADOOP_USER_NAME: 'sluice',
    });
    expect(hdfs).toEqual({ nameNodes: ['https://nn1:9871', 'http://nn2:9870/gateway'], user: 'sluice', given: true });
  });

  it('is not there for other lakes', () => {
    expect(readSettings(HOME).hdfs).toBeUndefined();
    expect(readSettings({ ...HOME, SLUICE_LAKE: 's3://bucket' }).hdfs).toBeUndefined();
  });

  it.each([
    ['SLUICE_LAKE', { SLUICE_LAKE: 'hdfs://name:8020' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'hdfs:///' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'hdfs://name/../etc' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'hdfs://name/a:b' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'hdfs://me:planted@name/lake' }],
    ['HDFS_WEBHDFS_URL', { SLUICE_LAKE: 'hdfs:///lake', HDFS_WEBHDFS_URL: 'name:9870' }],
    ['HDFS_WEBHDFS_URL', { SLUICE_LAKE: 'hdfs:///lake', HDFS_WEBHDFS_URL: 'http://me:planted@name:9870' }],
    ['HDFS_WEBHDFS_URL', { SLUICE_LAKE: 'hdfs:///lake', HDFS_WEBHDFS_URL: 'http://name:9870,' }],
    ['HADOOP_USER_NAME', { SLUICE_LAKE: 'hdfs:///lake', HADOOP_USER_NAME: 'some one' }],
    ['SLUICE_PORT_HDFS', { SLUICE_PORT_HDFS: '0' }],
  ])('names %s where it is wrong, and repeats no password: %j', (variable, env) => {
    let thrown: unknown;
    try {
      readSettings({ ...HOME, ...env });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'SETTINGS_INVALID', details: { variable } });
    expect(String(thrown)).not.toContain('planted');
  });
});
