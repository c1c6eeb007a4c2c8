import { describe, expect, it } from 'vitest';
import { readSettings } from '../../settings/settings.ts';

describe('the settings of Spark', () => {
  it('are a server on this machine by default, with a file of its own for Kafka’s log-in', () => {
    const { spark, engine } = readSettings({ SLUICE_HOME: '/home', SLUICE_PORT_SPARK: '15100' });
    expect(spark).toMatchObject({ address: '127.0.0.1:15100', given: false, tls: false, token: undefined });
    expect(spark.kafkaPropertiesFile).toBe('/home/spark/kafka.properties');
    expect(engine).toBeUndefined();
  });

  it.each([
    ['sc://spark', { address: 'spark:15002', tls: false, token: undefined }],
    ['sc://spark:15100/', { address: 'spark:15100', tls: false }],
    ['sc://spark:15100/;use_ssl=true', { address: 'spark:15100', tls: true }],
    ['sc://spark/;user_id=me;token=secret', { address: 'spark:15002', tls: true, token: 'secret' }],
  ])('take %s', (remote, expected) => {
    expect(readSettings({ SPARK_REMOTE: remote }).spark).toMatchObject({
      given: true,
      kafkaPropertiesFile: undefined,
      ...expected,
    });
  });

  it.each([
    ['SPARK_REMOTE', { SPARK_REMOTE: 'spark:15002;token=secret' }],
    ['SLUICE_ENGINE', { SLUICE_ENGINE: 'flink' }],
  ])('name %s where it is wrong, without its secrets', (variable, env) => {
    expect(() => readSettings(env)).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', details: { variable } }),
    );
    expect(() => readSettings(env)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') as string }),
    );
  });
});
