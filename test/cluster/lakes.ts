import { BUCKET, ENVIRONMENT, LocalS3, SECRET } from '../lake/storage/s3/local-s3.ts';

/** A lake beyond this machine's folders. */
export interface ClusterLake {
  /** For Sluice's own processes. */
  readonly environment: Readonly<Record<string, string>>;
  /** For every process, as an operator's environment has them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What must be written down nowhere. */
  readonly secrets: readonly string[];
  /** Every object, where it does not lie in the stack's home. */
  objects(): Promise<readonly Uint8Array[]>;
  stop(): Promise<void>;
}

const WITHIN_STACK = {
  credentials: {},
  secrets: [],
  objects: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
};

export async function s3Lake(): Promise<ClusterLake> {
  const s3 = await LocalS3.start();
  return {
    environment: { SLUICE_LAKE: `s3://${BUCKET}/lakes/cluster`, AWS_ENDPOINT_URL_S3: s3.url },
    credentials: { ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url },
    secrets: [SECRET],
    objects: async () => [...(await s3.objects('')).values()],
    stop: () => s3.stop(),
  };
}

/** In a folder of the stack's home. */
export function fileLake(): Promise<ClusterLake> {
  return Promise.resolve({ ...WITHIN_STACK, environment: {} });
}

/** In HDFS, which the stack itself starts: a NameNode and a DataNode. */
export function hdfsLake(): Promise<ClusterLake> {
  return Promise.resolve({ ...WITHIN_STACK, environment: { SLUICE_LAKE: 'hdfs:///lakes/cluster' } });
}
