// Writes what the registries say into the pages: the table of metrics, tables of checks, and on each check's page its evidence
// and its rules.

/** A page with other text between its markers `<!-- name -->` and `<!-- /name -->`. */
function fill(page, name, content) {
  const between = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
  if (!between.test(page)) throw new Error(`a page without the markers of ${name}`);
  return page.replace(between, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
}

const code = (text) => `\`${text}\``;
const listed = (names) => names.map(code).join(', ');
const fenced = (language, text) => `\`\`\`${language}\n${text}\n\`\`\``;
/** A query: one text of all dialects that do not differ, the others after it. */
function queries(sql, dialects) {
  const texts = [...new Set(Object.values(sql))];
  const one = texts.length === 1;
  const blocks = texts.map((text) => {
    const of = Object.keys(sql).filter((dialect) => sql[dialect] === text);
    const names = of.map((dialect) => dialects[dialect]).join(', ');
    return one ? fenced('sql', text) : `${names}:\n\n${fenced('sql', text)}`;
  });
  return blocks.join('\n\n');
}

const LAYERS = { 1: 'model and evaluation', 2: 'serving and features', 3: 'funnel and utility' };

/** docs/metrics.md: one row a metric. */
export function metricsPage(page, { metrics, takesCutoff }) {
  const rows = metrics.map((metric) => {
    const id = takesCutoff(metric) ? `${metric.id}@K` : metric.id;
    const cells = [code(id), metric.title, metric.better, metric.unit, metric.merges, metric.source];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['| id | | better | unit | merges by | source |', '|---|---|---|---|---|---|'];
  return fill(page, 'metrics', [...head, ...rows].join('\n'));
}

/** docs/reference.md: the usage of the command line, and one row a check. */
export function referencePage(page, { checks, usage }) {
  const rows = checks.map(({ id, layer, title }, i) => {
    const first = checks[i - 1]?.layer !== layer;
    return `| ${first ? `${layer} ${LAYERS[layer]} ` : ''}| ${title} | [${code(id)}](checks/${id}.md) |`;
  });
  const head = ['| layer | hypothesis | id |', '|---|---|---|'];
  const withUsage = fill(page, 'usage', fenced('text', usage.trimEnd()));
  return fill(withUsage, 'checks', [...head, ...rows].join('\n'));
}

/** docs/diagnosis.md: one row a check, and the ledger's query. */
export function diagnosisPage(page, { checks, tables, dialects }) {
  const rows = checks.map((check) => {
    const own = check.tables.map(({ name }) => name);
    const others = (check.beside ?? []).map(({ name }) => name).filter((name) => !own.includes(name));
    const named = [own.filter((name) => name !== 'ledger'), others].filter(({ length }) => length > 0).map(listed);
    const cells = [`[${code(check.id)}](checks/${check.id}.md)`, check.layer, named.join('; '), check.decides];
    return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  });
  const head = ['| check | layer | tables beside the ledger | what decides |', '|---|---|---|---|'];
  const { sql } = tables.find(({ name }) => name === 'ledger');
  return fill(fill(page, 'checks', [...head, ...rows].join('\n')), 'ledger', queries(sql, dialects));
}

/** The tables that a check's page describes: its own, and beside past arms what they translate. */
function tablesOf({ tables, beside = [] }) {
  const arms = tables.some(({ name }) => name === 'arms');
  return [...tables, ...(arms ? beside.filter(({ name }) => name !== 'arms') : [])];
}

/** docs/checks/<id>.md: the tables with their queries, and the rules. A check without a page gets one. */
export function checkPage(page, check, { dialects }) {
  const text = page ?? newPage(check);
  const withEvidence = fill(text, 'evidence', evidenceOf(check, dialects));
  return check.metrics.length === 0 ? withEvidence : fill(withEvidence, 'rules', rulesOf(check));
}

function evidenceOf(check, dialects) {
  const sections = tablesOf(check).map(({ name, holds, required, optional, synonyms = {}, others, sql }) => {
    if (name === 'ledger')
      return (
        `**${code(name)}**: one row per (request, item) that was scored offline and online; its columns and its ` +
        'query are in [diagnosis.md](../diagnosis.md).'
      );
    const options = optional?.length ? `; optional: ${listed(optional)}` : '';
    const more = `${options}${others ? '; every other column is a feature' : ''}`;
    const names = Object.entries(synonyms).map(([column, other]) => `; ${code(column)} may be called ${listed(other)}`);
    const needs = required.length > 0 ? ` Required: ${listed(required)}${more}${names.join('')}.` : '';
    return `**${code(name)}**: ${holds}.${needs}\n\n${queries(sql, dialects)}`;
  });
  return sections.join('\n\n');
}

function rulesOf({ metrics }) {
  const rows = metrics.map(({ id, title, operators, share }) => {
    const levels = operators
      .filter((operator) => operator === 'min' || operator === 'max')
      .sort()
      .reverse();
    const percent = share && levels.length > 0 ? `; under ${levels.map(code).join(' and ')} \`1%\` is \`0.01\`` : '';
    return `| ${code(id)} | ${title} | ${listed(operators)}${percent} |`;
  });
  return ['| metric | what | rules |', '|---|---|---|', ...rows].join('\n');
}

/**
 * The page of a check that has none yet: all that the check says of itself, with room for its statistic and its
 * author's reasons.
 */
function newPage({ id, layer, question, title, decides, cure, tables }) {
  const evidence = tables
    .filter(({ name }) => name !== 'ledger')
    .map(({ name }) => `\n  ${name}: gap/${name}.csv`)
    .join('');
  return `# ${id}

Layer ${layer}, ${LAYERS[layer]}. **${question}**

## Evidence

<!-- evidence -->
<!-- /evidence -->

## Statistic

The hypothesis is ${title}. What is measured stands under Decision, with the rules that it takes.

## Decision

${decides[0].toUpperCase()}${decides.slice(1)}. What mends it: ${cure}.

As a gate, each rule on everything that the check measures, by the same non-inferiority as a sweep, Holm over all \
claims of the run:

<!-- rules -->
<!-- /rules -->

Missing evidence is \`not_tested\` as a hypothesis, with the table and its query, and inconclusive as a rule.

## Bad input

- a table without a required column, or with a value of another type

## Example

\`\`\`yaml
# gates/readiness.yml
checks:
  ${id}: {}
\`\`\`

\`\`\`yaml
# models/l1-cvr.yml
evidence:${evidence === '' ? '\n  ledger: gap/ledger.parquet' : evidence}
\`\`\`

The ledger and the words of the decisions: [diagnosis.md](../diagnosis.md).
`;
}
