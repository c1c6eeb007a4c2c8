import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { timeText } from '../plans/amounts.ts';
import { STATE_ATTRIBUTE, TABLE_ATTRIBUTE } from './search-attributes.ts';
import type { WorkText } from './work-text.ts';

/** What the Temporal UI tells of a workflow to somebody who has never seen it: each part a sentence or two. */
export interface ShownState {
  readonly table: string;
  /** What kind of work it is: `Ingestion`. */
  readonly kind: string;
  /** In one word; also the search attribute. */
  readonly state: string;
  readonly sinceMs: number;
  /** Why it is in this state. */
  readonly why: string;
  /** What it does now, or waits for. */
  readonly doing: string;
  /** What somebody should do about it. */
  readonly toDo: string;
  /** Figures, a line each. */
  readonly figures: readonly string[];
  /** What it was started with, where it may continue as new: Temporal has only its first run keep that. */
  readonly startedWith?: WorkText;
}

/** Shows a state in the Temporal UI: as search attributes, and in words (Markdown). */
export function showState(shown: ShownState): void {
  upsertSearchAttributes([
    { key: TABLE_ATTRIBUTE, value: shown.table },
    { key: STATE_ATTRIBUTE, value: shown.state },
  ]);
  const isFirstRun = workflowInfo().continuedFromExecutionRunId === undefined;
  setCurrentDetails(detailsOf(shown, isFirstRun));
}

export function detailsOf(shown: ShownState, isFirstRun = true): string {
  const { table, kind, state, sinceMs, why, doing, toDo, figures, startedWith } = shown;
  return [
    `**${kind} of ${table}: ${state}**, since ${timeText(sinceMs)}. ${why}`,
    `**Now:** ${doing}`,
    `**To do:** ${toDo}`,
    ...(figures.length === 0 ? [] : [figures.map((line) => `- ${line}`).join('\n')]),
    ...(isFirstRun || startedWith === undefined ? [] : [startedWith.staticDetails]),
  ].join('\n\n');
}
