/**
 * A check on tables of evidence as one of the pipeline: its rules are planned, its tables examined, what it measures
 * judged.
 */

import { ConfigError, DataError } from '../errors.js';
import { LOG_LOSS } from '../estimation/metrics/log-loss.js';
import { plural } from '../lib/text.js';
import type { Check, Gathered, Plan } from './check.js';
import type { Evidence } from './evidence.js';
import type { CheckContext, EvidenceCheck, Examined, Swept } from './evidence-check.js';
import { evidenceClaims, gateReport, ruleProblems } from './gates.js';
import { against, exact } from './measurement.js';
import { rulesInWords } from './outlook.js';
import { spelled } from './reason-words.js';

export function onEvidence(definition: EvidenceCheck): Check {
  const check: Check = {
    ...definition,
    plan({ diagnosis, skew, confidence }): Plan | undefined {
      const asked = diagnosis.find(({ id }) => id === definition.id);
      if (!asked) return undefined;
      const { rules } = asked;
      const problems = ruleProblems(definition, rules);
      if (problems.length > 0) throw new ConfigError(problems);

      /** Refuses a table that is wrong at once, before anything is swept. */
      const gather = (evidence: Evidence): Gathered => {
        const before = examined(definition, evidence, { confidence, swept: undefined });
        const withSwept = (swept: Swept | undefined, whole: Evidence) =>
          (swept && definition.ofSweep) || whole !== evidence
            ? examined(definition, whole, { confidence, swept })
            : before;
        const sweeps = definition.sweeps === true && skew !== undefined;
        return {
          ...(sweeps ? {} : { foretold: { id: definition.id, found: before, judges: rules.length > 0 } }),
          outlook: async () => [
            ...rulesInWords(definition.id, rules),
            ...(before.effect.kind === 'untested'
              ? [
                  `${definition.id}: its hypothesis will ${sweeps ? 'be tested by the sweep alone' : 'not be tested'}: ` +
                    before.effect.why,
                ]
              : []),
            ...evidenceClaims(definition, rules, before).flatMap(({ rule, open }) =>
              open === undefined
                ? []
                : [`${definition.id}: the rule on ${rule.metric} will stay inconclusive: ${spelled(open)}`],
            ),
          ],
          run: async () => ({
            examine(swept, whole) {
              const found = withSwept(swept, whole);
              const claims = evidenceClaims(definition, rules, found);
              return {
                check,
                claims,
                judges: rules.length > 0,
                found,
                report(rejected, said) {
                  if (rules.length === 0) return undefined;
                  const facts = said ? [] : found.facts.map((fact) => `${definition.id}: ${fact}.`);
                  const report = gateReport(definition, rules, claims, rejected, confidence, facts);
                  return found.cure ? { ...report, cure: found.cure } : report;
                },
              };
            },
          }),
        };
      };
      return {
        check,
        tables: [...definition.tables, ...(definition.beside ?? [])],
        withoutRelease: async () => [
          `${definition.id}: ${rules.length === 0 ? 'a hypothesis of the gap' : plural(rules.length, 'rule')}`,
          ...rulesInWords(definition.id, rules),
        ],
        gather: async ({ evidence }) => gather(evidence),
      };
    },
  };
  return check;
}

/** Keeps rules on log loss open, with the reason, where the ledger is judged by a metric that takes what has none. */
function withoutLogLoss({ metrics }: EvidenceCheck, { sums, logLoss }: Evidence, found: Examined): Examined {
  const asked = metrics.some(({ id }) => id === LOG_LOSS);
  if (!asked || !sums || logLoss || found.measurements.some(({ metric }) => metric === LOG_LOSS)) return found;
  const unknown = exact(Number.NaN);
  const open = { kind: 'not_tested', by: 'metric', words: sums.metric.words } as const;
  return { ...found, measurements: [...found.measurements, against(LOG_LOSS, {}, unknown, unknown, open)] };
}

/** Examines; an error of the statistics is given the place of the table that they were computed from. */
function examined(check: EvidenceCheck, evidence: Evidence, context: CheckContext): Examined {
  try {
    const found = check.examine(evidence.limitedTo([...check.tables, ...(check.beside ?? [])]), context);
    return withoutLogLoss(check, evidence, found);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [file] = evidence.files(check.tables);
    throw new DataError(
      error.problems.map((problem) => (problem.place || !file ? problem : { ...problem, place: { file: file.shown } })),
    );
  }
}
