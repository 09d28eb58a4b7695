/** Runs by release and policy, in the order in which they ran, and the margins that changed between them. */

import { list, plural } from '../../lib/text.js';
import type { Collected, FoundReport } from './collect.js';
import type { History, PastRun, Timeline } from './model.js';
import { pastRunOf } from './past-run.js';

export function historyOf({ reports, left }: Collected): History {
  const byFile = new Map<string, FoundReport[]>();
  for (const found of reports) {
    const { release, policy } = found.report;
    const key = JSON.stringify([release.name, policy.name]);
    byFile.set(key, [...(byFile.get(key) ?? []), found]);
  }
  const timelines = [...byFile.values()].map(timelineOf);
  return { timelines: timelines.toSorted((a, b) => lastTime(b) - lastTime(a)), left };
}

function lastTime({ runs }: Timeline): number {
  return Math.max(...runs.map(timeOf).filter(Number.isFinite), 0);
}

function timelineOf(found: readonly FoundReport[]): Timeline {
  const { release, policy } = found[0]!.report; // a timeline is there for its reports
  const { ordered, notices } = inOrder(found);
  const runs = ordered.map(pastRunOf);
  return { release: release.name, policy: policy.name, runs, notices: [...notices, ...changedMargins(runs)] };
}

export function timeOf({ startedAt }: Pick<PastRun, 'startedAt'>): number {
  return Date.parse(startedAt);
}

/** By the time at which each run began; where one says none, by the version and then by the file's path. */
function inOrder(found: readonly FoundReport[]): { ordered: readonly FoundReport[]; notices: string[] } {
  const time = ({ report }: FoundReport) => timeOf(report.run);
  const without = found.filter((one) => !Number.isFinite(time(one)));
  const older = byVersion(found);
  if (without.length === 0) return { ordered: found.toSorted((a, b) => time(a) - time(b) || older(a, b)), notices: [] };
  return {
    ordered: found.toSorted(older),
    notices: [
      `${plural(without.length, 'report')} of ${found.length} ${without.length === 1 ? 'says' : 'say'} no time at which the run began (${list(
        without.map(({ path }) => path),
        3,
      )}): all stand in the order of their versions, then of their files`,
    ],
  };
}

/** The older version first, then by the file's path. */
function byVersion(found: readonly FoundReport[]): (a: FoundReport, b: FoundReport) => number {
  const order = new Map(versionsInOrder(found).map((version, i) => [version, i]));
  const place = ({ report }: FoundReport) => order.get(report.release.live) ?? 0;
  return (a, b) => place(a) - place(b) || byName(a.path, b.path);
}

/** Numbers in names go by their size. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Every version after those that a release lists behind it; where none says, and where two contradict, by name. */
function versionsInOrder(found: readonly FoundReport[]): string[] {
  const older = new Map<string, Set<string>>();
  for (const { report } of found) {
    const { chain, live } = report.release;
    for (const version of [...chain, live]) older.set(version, older.get(version) ?? new Set());
    for (const [i, version] of chain.entries()) for (const one of chain.slice(i + 1)) older.get(version)?.add(one);
  }
  const left = new Set([...older.keys()].sort(byName));
  const order: string[] = [];
  while (left.size > 0) {
    const [first = ''] = left;
    const next = [...left].find((version) => ![...(older.get(version) ?? [])].some((one) => left.has(one))) ?? first;
    left.delete(next);
    order.push(next);
  }
  return order;
}

/** One sentence a rule on all rows whose margin is another than in the run before. */
function changedMargins(runs: readonly PastRun[]): string[] {
  const asked = (run: PastRun) =>
    new Map([
      ...run.changes.flatMap(({ metric, at, allowed }) =>
        allowed === undefined ? [] : [[`${metric} at ${at === '1' ? 'distance 1' : at}`, allowed] as const],
      ),
      ...run.evidence.map(({ metric, allowed }) => [metric, allowed] as const),
    ]);
  return runs.slice(1).flatMap((run, i) => {
    const [before, now] = [asked(runs[i]!), asked(run)];
    const changes = [...new Set([...before.keys(), ...now.keys()])].flatMap((what) => {
      const [then, allowed] = [before.get(what), now.get(what)];
      if (then === allowed) return [];
      if (then === undefined) return [`${what} has ${allowed}`];
      return [
        allowed === undefined ? `${what} is no longer asked (${then})` : `${what} has ${allowed} (before: ${then})`,
      ];
    });
    return changes.length === 0 ? [] : [`with ${run.live} (${dayOf(run)}) the policy changed: ${list(changes, 6)}`];
  });
}

/** `2026-11-28`; of no time the text itself, or `no time`. */
export function dayOf({ startedAt }: Pick<PastRun, 'startedAt'>): string {
  const time = Date.parse(startedAt);
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : 'no time';
}
