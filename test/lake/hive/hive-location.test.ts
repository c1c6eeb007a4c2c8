import { describe, expect, it } from 'vitest';
import { directoryWithin, hiveLocation } from '../../../lake/hive/hive-location.ts';

describe('locations as Hadoop writes them', () => {
  it.each([
    ['file:///lake/health/t', 'file:/lake/health/t'],
    ['file:///lake/my%20lake/t/', 'file:/lake/my lake/t'],
    ['file:///lake/100%25/t', 'file:/lake/100%/t'],
    ['s3a://bucket/lake/t', 's3a://bucket/lake/t'],
    ['s3://bucket/lake/t', 's3a://bucket/lake/t'],
    ['hdfs://name:8020/lake/t', 'hdfs://name:8020/lake/t'],
  ])('%s is %s', (uri, location) => {
    expect(hiveLocation(uri)).toBe(location);
  });

  it.each([
    ['file:/lake/t/dt=1/g0-h1', 'dt=1/g0-h1'],
    ['file:///lake/t/dt=1/g0-h1/', 'dt=1/g0-h1'],
    ['file:/lake/t', ''],
    ['file:/lake/table2/dt=1', undefined],
    ['hdfs://name/lake/t/dt=1', undefined],
    [undefined, undefined],
  ])('%s lies in the table at %s', (location, directory) => {
    expect(directoryWithin('file:/lake/t', location)).toBe(directory);
  });
});
