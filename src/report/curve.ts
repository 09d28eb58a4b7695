/** Which of a check's curves to draw: the one that decided. */
import type { CheckReport, CurvePoint } from '../checks/check.js';
import { byUrgency } from '../verdict/decide.js';

/** The curve of the most urgent finding's metric and slice, by distance, production last. */
export function curveToShow(check: CheckReport): readonly CurvePoint[] {
  const finding = byUrgency(check.findings)[0];
  if (!finding) return [];
  const key = sliceKey(finding.slice);
  return check.curve.filter((point) => point.metric === finding.metric && sliceKey(point.slice) === key);
}

export function sliceKey(slice: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(slice).sort(([a], [b]) => (a < b ? -1 : 1)));
}
