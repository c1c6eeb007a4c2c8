import { BUCKET, ENVIRONMENT, LocalS3, SECRET } from '../lake/storage/s3/local-s3.ts';

/** A lake beyond this machine's folders. */
export interface ClusterLake {
  /** For Sluice's own processes. */
  readonly environment: Readonly<Record<string, string>>;
  /** For every process, as an operator's environment has them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What must be written down nowhere. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

export async function s3Lake(): Promise<ClusterLake> {
  const s3 = await LocalS3.start();
  return {
    environment: { SLUICE_LAKE: `s3://${BUCKET}/lakes/cluster`, AWS_ENDPOINT_URL_S3: s3.url },
    credentials: { ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url },
    secrets: [SECRET],
    stop: () => s3.stop(),
  };
}

/** In HDFS, which the stack itself starts: a NameNode and a DataNode. */
export function hdfsLake(): Promise<ClusterLake> {
  const none = { credentials: {}, secrets: [], stop: () => Promise.resolve() };
  return Promise.resolve({ ...none, environment: { SLUICE_LAKE: 'hdfs:///lakes/cluster' } });
}
