import { BOOL, I32, STRING, list, pairs, record, struct, type ValueOf } from './thrift-codec.ts';

/**
 * The structs of the Hive metastore's interface that are read or written here. Names and field ids are those of
 * Apache Hive 2.3.10, `metastore/if/hive_metastore.thrift` (as compiled into hive-metastore-2.3.10.jar). Whatever a
 * Partition or Table may hold is listed, because altering one sends the whole of it back.
 */

const PrivilegeGrantInfo = struct('PrivilegeGrantInfo', {
  privilege: [1, STRING],
  createTime: [2, I32],
  grantor: [3, STRING],
  grantorType: [4, I32],
  grantOption: [5, BOOL],
});

const PrincipalPrivilegeSet = struct('PrincipalPrivilegeSet', {
  userPrivileges: [1, record(list(PrivilegeGrantInfo))],
  groupPrivileges: [2, record(list(PrivilegeGrantInfo))],
  rolePrivileges: [3, record(list(PrivilegeGrantInfo))],
});

const SkewedInfo = struct('SkewedInfo', {
  skewedColNames: [1, list(STRING)],
  skewedColValues: [2, list(list(STRING))],
  skewedColValueLocationMaps: [3, pairs(list(STRING), STRING)],
});

const Order = struct('Order', { col: [1, STRING], order: [2, I32] });

export const FieldSchema = struct('FieldSchema', { name: [1, STRING], type: [2, STRING], comment: [3, STRING] });
export type FieldSchema = ValueOf<typeof FieldSchema>;

export const SerDeInfo = struct('SerDeInfo', {
  name: [1, STRING],
  serializationLib: [2, STRING],
  parameters: [3, record(STRING)],
});

export const StorageDescriptor = struct('StorageDescriptor', {
  cols: [1, list(FieldSchema)],
  location: [2, STRING],
  inputFormat: [3, STRING],
  outputFormat: [4, STRING],
  compressed: [5, BOOL],
  numBuckets: [6, I32],
  serdeInfo: [7, SerDeInfo],
  bucketCols: [8, list(STRING)],
  sortCols: [9, list(Order)],
  parameters: [10, record(STRING)],
  skewedInfo: [11, SkewedInfo],
  storedAsSubDirectories: [12, BOOL],
});
export type StorageDescriptor = ValueOf<typeof StorageDescriptor>;

export const Database = struct('Database', {
  name: [1, STRING],
  description: [2, STRING],
  locationUri: [3, STRING],
  parameters: [4, record(STRING)],
  privileges: [5, PrincipalPrivilegeSet],
  ownerName: [6, STRING],
  ownerType: [7, I32],
  catalogName: [8, STRING],
});
export type Database = ValueOf<typeof Database>;

export const Table = struct('Table', {
  tableName: [1, STRING],
  dbName: [2, STRING],
  owner: [3, STRING],
  createTime: [4, I32],
  lastAccessTime: [5, I32],
  retention: [6, I32],
  sd: [7, StorageDescriptor],
  partitionKeys: [8, list(FieldSchema)],
  parameters: [9, record(STRING)],
  viewOriginalText: [10, STRING],
  viewExpandedText: [11, STRING],
  tableType: [12, STRING],
  privileges: [13, PrincipalPrivilegeSet],
  temporary: [14, BOOL],
  rewriteEnabled: [15, BOOL],
  catName: [16, STRING],
});
export type Table = ValueOf<typeof Table>;

export const Partition = struct('Partition', {
  values: [1, list(STRING)],
  dbName: [2, STRING],
  tableName: [3, STRING],
  createTime: [4, I32],
  lastAccessTime: [5, I32],
  sd: [6, StorageDescriptor],
  parameters: [7, record(STRING)],
  privileges: [8, PrincipalPrivilegeSet],
  catName: [9, STRING],
});
export type Partition = ValueOf<typeof Partition>;

export const EnvironmentContext = struct('EnvironmentContext', { properties: [1, record(STRING)] });
export type EnvironmentContext = ValueOf<typeof EnvironmentContext>;
