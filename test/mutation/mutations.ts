/** One rule of the protocol, broken in one place of the source. */
export interface Mutation {
  /** What is broken, for the table of results. */
  readonly name: string;
  readonly file: string;
  /** Must be there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** Each rule broken once. Where the source has moved on, the run says which no longer applies. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'no plan is written down',
    file: 'activities/ingest-table.ts',
    from: "await atStep('plan', () => this.#files.createPlan(plan))",
    to: 'plan',
  },
  {
    name: 'a plan that is there is not the plan',
    file: 'lake/batch-files.ts',
    from: 'if (await this.#create(path, plan)) return plan;\n    return (await this.#read<BatchPlan>(path)) ?? this.#settled(path);',
    to: 'await this.#create(path, plan);\n    return plan;',
  },
  {
    name: 'only the first revision of a plan is looked for',
    file: 'lake/batch-files.ts',
    from: '      newest = plan;',
    to: '      return plan;',
  },
  {
    name: 'no seal is written down',
    file: 'lake/batch-files.ts',
    from: 'if (await this.#create(path, seal)) return seal;\n    return (await this.#read<BatchSeal>(path)) ?? this.#settled(path);',
    to: 'return path === "" ? this.#settled(path) : seal;',
  },
  {
    name: 'each attempt goes by its own seal, not by the first',
    file: 'lake/batch-files.ts',
    from: 'if (await this.#create(path, seal)) return seal;\n    return (await this.#read<BatchSeal>(path)) ?? this.#settled(path);',
    to: 'await this.#create(path, seal);\n    return seal;',
  },
  {
    name: 'log entries are replaced, not created if absent',
    file: 'lake/log/table-log.ts',
    from: 'const created = await this.#storage.createIfAbsent(this.#path(logEntryPath(version)), encodeActions(actions));',
    to: 'await this.#storage.replaceHint(this.#path(logEntryPath(version)), encodeActions(actions));\n    const created = true;',
  },
  {
    name: 'a folder’s objects are replaced, not created if absent',
    file: 'lake/storage/file/file-storage.ts',
    from: '    await link(from, to);\n    return true;',
    to: '    await unlink(to).catch(undefinedIfMissing);\n    await link(from, to);\n    return true;',
  },
  {
    name: 'a torn log entry: written in place, not linked when it is whole',
    file: 'lake/storage/file/file-storage.ts',
    from: 'const created = await linkIfAbsent(temporary, target);',
    to: "const created = await open(target, 'wx').then(\n          async (handle) => {\n            await handle.writeFile(bytes);\n            await handle.close();\n            return true;\n          },\n          () => false,\n        );",
  },
  {
    name: 'a batch is committed without a look for its transaction',
    file: 'lake/commit-batch.ts',
    from: '    await log.refresh();\n    if (isCommitted(log, seal)) return undefined;\n    if (await log.create',
    to: '    await log.refresh();\n    if (await log.create',
  },
  {
    name: 'a version that is taken is not read before the next is tried',
    file: 'lake/commit-batch.ts',
    from: '    await log.refresh();\n    if (isCommitted(log, seal)) return undefined;\n    if (await log.create',
    to: '    if (isCommitted(log, seal)) return undefined;\n    if (await log.create',
  },
  {
    name: 'rejected rows are committed after the rows, not before',
    file: 'lake/commit-batch.ts',
    from: "  if (seal.rejectedFiles.length > 0) await commitOnce(rejectedLog, seal, () => actionsOf(seal, 'rejected', []));\n  return commitOnce(log, seal, () => actionsOf(seal, 'accepted', published));",
    to: "  const version = await commitOnce(log, seal, () => actionsOf(seal, 'accepted', published));\n  if (seal.rejectedFiles.length > 0) await commitOnce(rejectedLog, seal, () => actionsOf(seal, 'rejected', []));\n  return version;",
  },
  {
    name: 'a batch’s entry lacks the offsets of its partitions',
    file: 'lake/commit-batch.ts',
    from: '    ...Object.entries(seal.nextOffsets).map(',
    to: '    ...Object.entries(seal.nextOffsets).slice(1).map(',
  },
  {
    name: 'a partition that comes later is begun at its end',
    file: 'plans/micro-batch.ts',
    from: 'return requireHeld(input, partition, 0n, available);',
    to: 'return available.lastStable;',
  },
  {
    name: 'a part of a batch reaches into the next',
    file: 'plans/shard.ts',
    from: 'const to = (total * BigInt(shard + 1)) / shards;',
    to: 'const to = (total * BigInt(shard + 1)) / shards + 1n;',
  },
  {
    name: 'a seal takes parts of another revision',
    file: 'plans/table-paths.ts',
    from: '_sluice/manifests/${pad(sequence, 10)}.${revision}-${shard}.json',
    to: '_sluice/manifests/${pad(sequence, 10)}.${revision * 0}-${shard}.json',
  },
  {
    name: 'two attempts at a batch give their files the same names',
    file: 'plans/table-paths.ts',
    from: '${batch.shard}-${attempt}-${index}.parquet',
    to: '${batch.shard}-${attempt.slice(0, 0)}x-${index}.parquet',
  },
  {
    name: 'a rewrite does not check that its files are still live',
    file: 'plans/rewrite.ts',
    from: '    else if (gone !== undefined) conflicts.set(name, `${gone} is not live any more`);\n',
    to: '',
  },
  {
    name: 'a rewrite does not check what else was rewritten since its base',
    file: 'plans/rewrite.ts',
    from: '    conflicts.set(name, `${path} has been added after version ${known.version}`);\n',
    to: '',
  },
  {
    name: 'a rewrite does not keep to a vacuum’s fence',
    file: 'plans/rewrite.ts',
    from: '    if (fence > version)\n',
    to: '    if (fence > version && version < 0)\n',
  },
  {
    name: 'two backfills may overlap',
    file: 'plans/rewrite.ts',
    from: '    else if (backfill > version) conflicts',
    to: '    else if (backfill > version && version < 0) conflicts',
  },
  {
    name: 'a rewrite whose answer was lost is committed again',
    file: 'lake/commit-rewrite.ts',
    from: 'if (snapshot.transactionVersion(rewriteAppId(rewrite.id)) !== undefined) {',
    to: 'if (snapshot.transactionVersion(rewriteAppId(rewrite.id)) === -1) {',
  },
  {
    name: 'a rewrite’s conflicts are looked for once, not at each try',
    file: 'lake/commit-rewrite.ts',
    from: 'const reason = conflictOf(rewrite, snapshot, columns);',
    to: 'const reason = attempt === 0 ? conflictOf(rewrite, snapshot, columns) : undefined;',
  },
  {
    name: 'a partition may lose files and keep its directory (no marker)',
    file: 'plans/rewrite.ts',
    from: 'if (taken.length === 0 || whole || gaining.has(name)) continue;',
    to: 'if (taken.length === 0 || whole || gaining.has(name) || name !== "") continue;',
  },
  {
    name: 'files of rewrites have names that are unique in their directory only',
    file: 'plans/file-place.ts',
    from: '/${attempt}/${attempt}-${pad(index, 4)}.parquet`',
    to: '/${attempt}/${pad(index, 4)}.parquet`',
  },
  {
    name: 'Hive’s directory is that of the oldest rewrite, not of the newest',
    file: 'plans/publication.ts',
    from: ': one.base > other.base;',
    to: ': one.base < other.base;',
  },
  {
    name: 'a partition is moved before its files are there',
    file: 'lake/hive/publisher.ts',
    from: '        linked += await this.#link(steps.link);\n        await this.#alter(steps, actual);\n',
    to: '        await this.#alter(steps, actual);\n        linked += await this.#link(steps.link);\n',
  },
  {
    name: 'only the rewritten files are linked into a new directory',
    file: 'plans/publication.ts',
    from: '    .filter(({ path }) => !path.startsWith(`${directory}/`))',
    to: "    .filter(({ path }) => !path.startsWith(`${directory}/`) && !path.startsWith('data/'))",
  },
  {
    name: 'partitions without live rows stay in Hive',
    file: 'plans/publication.ts',
    from: 'filter((name) => !wantedNames.has(name))',
    to: 'filter((name) => name === "" && !wantedNames.has(name))',
  },
  {
    name: 'Hive is published from a stale view: a rewrite does not read the log again after it',
    file: 'lake/hive/publish-rewrite.ts',
    from: '      if ((await log.refresh()).length === 0) return null;\n',
    to: '      return null;\n',
  },
  {
    name: 'Hive is published from a stale view: the version noted is newer than what was published',
    file: 'activities/publication.ts',
    from: '    const partitions = partitionsTouchedBy(entries);\n',
    to: '    const partitions = partitionsTouchedBy(entries.slice(0, -1));\n',
  },
  {
    name: 'a publisher that begins trusts what it finds (no reconciliation)',
    file: 'activities/publication.ts',
    from: '  #reconciledAtMs = Number.NEGATIVE_INFINITY;',
    to: '  #reconciledAtMs = Number.POSITIVE_INFINITY;',
  },
  {
    name: 'the version that Hive stands at may fall',
    file: 'lake/hive/hive-table-state.ts',
    from: 'if (current >= version || (afterVersion',
    to: 'if ((afterVersion',
  },
  {
    name: 'the version that Hive stands at skips what others have not published',
    file: 'lake/hive/hive-table-state.ts',
    from: 'if (current >= version || (afterVersion !== undefined && current < afterVersion)) return undefined;',
    to: 'if (current >= version) return undefined;',
  },
  {
    name: 'a checkpoint forgets transactions',
    file: 'lake/log/checkpoint.ts',
    from: '  for (const txn of snapshot.transactions.values()) actions.push({ txn });\n',
    to: '',
  },
  {
    name: 'a checkpoint brings removed files back',
    file: 'lake/log/snapshot.ts',
    from: '    this.files.delete(file.path);\n',
    to: '',
  },
  {
    name: 'a writer that slept past the log’s clean-up goes on where it stood',
    file: 'lake/log/table-log.ts',
    from: '    await this.#requireTip();\n    const entries = await this.#readOn();\n    await this.#requireTip();\n',
    to: '    const entries = await this.#readOn();\n',
  },
  {
    name: 'vacuum by age: what may still be committed goes too',
    file: 'plans/vacuum.ts',
    from: "    if (mayBeCommitted(path, view)) return 'pending';\n",
    to: '',
  },
  {
    name: 'a vacuum does not ask whether a batch is committed',
    file: 'plans/file-place.ts',
    from: "return batch?.kind === 'batch' && batch.sequence > committedSequence;",
    to: "return batch?.kind === 'batch' && batch.sequence > committedSequence + 1_000;",
  },
  {
    name: 'a vacuum does not ask whether a rewrite began before its fence',
    file: 'plans/file-place.ts',
    from: "  if (place?.kind === 'rewrite' && place.base >= fence) return true;\n",
    to: "  if (place?.kind === 'rewrite' && place.base >= fence + 1_000) return true;\n",
  },
  {
    name: 'a vacuum deletes copies where Hive reads',
    file: 'plans/vacuum.ts',
    from: "    if (published.has(folderOf(path))) return 'published';\n",
    to: '',
  },
  {
    name: 'a vacuum deletes where Hive stands elsewhere than the log says',
    file: 'plans/vacuum.ts',
    from: "    if (partition !== undefined && view.unsettled.has(partition)) return 'unsettled';\n",
    to: '',
  },
  {
    name: 'a vacuum has no grace for queries that are running',
    file: 'plans/vacuum.ts',
    from: "return removed.version <= view.expired.log ? 'superseded' : 'grace';",
    to: "return 'superseded';",
  },
];
