import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The table that a workflow works on. */
export const TABLE_ATTRIBUTE = defineSearchAttributeKey('SluiceTable', SearchAttributeType.KEYWORD);
/** What state it is in, in one word. */
export const STATE_ATTRIBUTE = defineSearchAttributeKey('SluiceState', SearchAttributeType.KEYWORD);
