import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../settings/settings.ts';

describe('readSettings', () => {
  it('puts everything under one folder by default', () => {
    const settings = readSettings({}, '/project');
    expect(settings).toMatchObject({
      home: '/project/.sluice',
      lakeUri: 'file:///project/.sluice/lake',
      kafka: { brokers: ['127.0.0.1:19092', '127.0.0.1:19093', '127.0.0.1:19094'], given: false },
      temporal: { address: '127.0.0.1:7233', given: false },
      metastore: { endpoints: [{ host: '127.0.0.1', port: 9083 }], given: false },
    });
  });

  it('takes what the operator gives', () => {
    const settings = readSettings({
      KAFKA_BROKERS: 'a:9092, b:9092',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: 'secret',
      HIVE_METASTORE_URIS: 'thrift://hive:9083',
      TEMPORAL_ADDRESS: 'temporal:7233',
    });
    expect(settings.kafka).toMatchObject({ brokers: ['a:9092', 'b:9092'], given: true });
    expect(settings.metastore).toEqual({
      endpoints: [{ host: 'hive', port: 9083 }],
      given: true,
      callTimeoutMs: 60_000,
    });
    expect(settings.temporal.given).toBe(true);
  });

  it.each([
    ['SLUICE_PORT_KAFKA', { SLUICE_PORT_KAFKA: 'x' }],
    ['KAFKA_BROKERS', { KAFKA_BROKERS: 'nohost' }],
    ['HIVE_METASTORE_TIMEOUT_S', { HIVE_METASTORE_TIMEOUT_S: '1m' }],
    ['HIVE_METASTORE_URIS', { HIVE_METASTORE_URIS: 'hive:9083' }],
    ['KAFKA_SASL_PASSWORD', { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'me' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'ftp://x/y' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 's3://bucket/../other' }],
    ['SLUICE_HOME', { SLUICE_HOME: '/srv/sluice[1]' }],
    ['SLUICE_SCRATCH', { SLUICE_SCRATCH: '/srv/what?' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: '/srv/la*e' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'file:///srv/lake%5B1%5D' }],
    ['SLUICE_LAKE', { SLUICE_LAKE: 'file://elsewhere/lake' }],
    ['SLUICE_S3_PATH_STYLE', { SLUICE_S3_PATH_STYLE: 'yes' }],
  ])('names %s where it is wrong', (variable, env) => {
    expect(() => readSettings(env)).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', details: { variable } }),
    );
  });

  it('takes folders of any other name', () => {
    const folder = "/srv/it's {a} lake! #1 ü";
    const settings = readSettings({ SLUICE_HOME: folder, SLUICE_LAKE: folder, SLUICE_SCRATCH: `${folder}/x` });
    expect([settings.home, fileURLToPath(settings.lakeUri), settings.scratchFolder]).toEqual([
      folder,
      folder,
      `${folder}/x`,
    ]);
  });

  it.each([
    ['s3://my-lake', 's3://my-lake'],
    ['s3://my-lake/some/prefix/', 's3://my-lake/some/prefix'],
    ['s3a://my-lake/x', 's3://my-lake/x'],
  ])('takes the bucket and prefix of %s', (given, lakeUri) => {
    expect(readSettings({ SLUICE_LAKE: given })).toMatchObject({ lakeUri, s3PathStyle: false });
  });

  it('does not repeat credentials that someone has put into the location', () => {
    expect(() => readSettings({ SLUICE_LAKE: 's3://key:planted-secret@bucket/x' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('planted-secret') as string }),
    );
  });

  it('names the bucket in the path for a server of one’s own, unless told otherwise', () => {
    const AWS_ENDPOINT_URL_S3 = 'http://minio:9000';
    expect(readSettings({ AWS_ENDPOINT_URL_S3 }).s3PathStyle).toBe(true);
    expect(readSettings({ AWS_ENDPOINT_URL_S3, SLUICE_S3_PATH_STYLE: 'false' }).s3PathStyle).toBe(false);
  });
});
