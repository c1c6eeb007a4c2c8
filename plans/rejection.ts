/** Why a record can't be a row. The list is closed, and the same for every engine. */
export const REJECTION_REASONS = [
  'null_value',
  'too_large',
  'invalid_utf8',
  'malformed_json',
  'not_an_object',
  'duplicate_field',
  'reserved_field',
  'missing_field',
  'wrong_type',
  'event_time_too_old',
  'event_time_too_new',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];
