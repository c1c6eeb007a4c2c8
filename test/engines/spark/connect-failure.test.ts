import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../engines/spark/connect-failure.ts';

describe('what became of a call to Spark Connect', () => {
  it.each([
    ['there-already', status.INTERNAL, '[INVALID_HANDLE.OPERATION_ALREADY_EXISTS] The handle x is invalid.'],
    ['lost', status.INTERNAL, '[INVALID_HANDLE.OPERATION_NOT_FOUND] The handle x is invalid.'],
    ['lost', status.INTERNAL, '[INVALID_HANDLE.SESSION_CHANGED] The handle x is invalid.'],
    ['ended', status.INTERNAL, '[INVALID_HANDLE.SESSION_CLOSED] The handle x is invalid.'],
    ['ended', status.INTERNAL, '[INVALID_HANDLE.OPERATION_ABANDONED] The handle x is invalid.'],
    ['lost', status.INTERNAL, '[INVALID_CURSOR.POSITION_NOT_AVAILABLE] The cursor is invalid.'],
    ['unreachable', status.INTERNAL, '[INVALID_CURSOR.DISCONNECTED] The cursor has been disconnected by the server.'],
    ['unreachable', status.UNAVAILABLE, 'No connection established'],
    ['unreachable', status.INTERNAL, 'Received RST_STREAM with code 2'],
    ['failed', status.INTERNAL, '[KAFKA_DATA_LOSS] Some data may have been lost'],
    ['failed', status.UNAUTHENTICATED, 'Invalid token'],
  ])('is %s for code %i and "%s"', (kind, code, details) => {
    expect(kindOf({ code, details })).toBe(kind);
  });
});
