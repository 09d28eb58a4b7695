// The answer of an index to "how many items of each version do you hold?" → a manifest, as `production.distances` takes it.
//
//   curl … | node manifest.mjs qdrant > index/manifest.json
//
// Engines: qdrant, milvus, elasticsearch, opensearch, vespa. The requests stand in docs/where-checkpoints-live.md. An answer
// that does not hold all versions is refused, not counted without them: exit status 1 and one line.
import { readFileSync } from 'node:fs';

/** [version, items] of an answer; throws a text on one that cannot be counted. */
const COUNTS = {
  qdrant: ({ status, result }) => {
    if (!Array.isArray(result?.hits)) throw `no facet: ${JSON.stringify(status)}`;
    // The facet is cut at its limit (10 where none is given), and does not say so.
    const limit = Number(process.argv[3] ?? 100);
    if (result.hits.length >= limit) throw `${limit} versions, which is the limit of the facet: ask for more`;
    return result.hits.map(({ value, count }) => [value, count]);
  },
  // One answer a version, as a JSON object by version: {"v42": {"code": 0, "data": [{"count(*)": 9}]}, …}
  milvus: (answers) =>
    Object.entries(answers).map(([version, { code, message, data }]) => {
      if (code !== 0 || data?.[0]?.['count(*)'] === undefined) throw `${version}: ${message ?? 'no count'}`;
      return [version, Number(data[0]['count(*)'])];
    }),
  elasticsearch: ({ error, timed_out: late, _shards: shards, aggregations }) => {
    const versions = aggregations?.versions;
    if (!versions) throw `no aggregation: ${JSON.stringify(error?.type ?? null)}`;
    if (late || shards?.failed > 0) throw `${shards?.failed ?? 0} shards failed, timed out: ${late}`;
    if (versions.sum_other_doc_count > 0) throw `${versions.sum_other_doc_count} documents beyond the size of the aggregation`;
    return versions.buckets.map(({ key, doc_count: count }) => [key, count]);
  },
  vespa: ({ root }) => {
    if (root?.errors) throw root.errors[0].message;
    if (root?.coverage?.full === false) throw `only ${root.coverage.coverage} % of the documents answered`;
    const lists = (root?.children ?? []).flatMap((group) => group.children ?? []);
    const list = lists.find(({ label }) => label === 'model_version');
    if (!list) throw 'no group list "model_version"';
    if (list.continuation?.next) throw 'more groups than max(): ask for more';
    return list.children.map(({ value, fields }) => [value, fields['count()']]);
  },
};
COUNTS.opensearch = COUNTS.elasticsearch;

const engine = process.argv[2];
try {
  if (!Object.hasOwn(COUNTS, engine ?? '')) throw `engine ${engine}: one of ${Object.keys(COUNTS).join(', ')}`;
  const counts = COUNTS[engine](JSON.parse(readFileSync(0, 'utf8')));
  if (counts.length === 0) throw 'no version: is the field filled and indexed?';
  const nameless = counts.find(([version]) => typeof version !== 'string' || version === '');
  if (nameless) throw `${nameless[1]} items without a version`;
  const manifest = counts.map(([item_version, items]) => ({ item_version, items })).filter(({ items }) => items > 0);
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
} catch (problem) {
  console.error(`${engine}: ${problem instanceof Error ? problem.message : problem}`);
  process.exitCode = 1;
}
