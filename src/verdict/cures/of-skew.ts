/** The cures of version skew, and which of them leads: docs/decisions/0004. */

import type { Finding } from '../../checks/check-report.js';
import { REPAIRS, type Remedies, type Repair } from '../../checks/remedies.js';
import { byUrgency } from '../urgency.js';
import type { Cure, ServingCure } from './cure.js';

/** The remedies as yes or no. */
interface Prospects {
  /** Every index that is too old would pass at a younger age above 0; without ages, distance 1 passes. */
  readonly ageHelps: boolean;
  /** Most of the worst change is known to be age. */
  readonly aged: boolean;
  /** At least half of the worst change is known to be incompatibility. */
  readonly dominated: boolean;
  /** The best map between versions, where it leaves most of a dominating incompatibility. */
  readonly unrepaired: Repair | undefined;
}

/**
 * The cures, the recommended one first. An architecture change leads where no younger index would do, or where
 * incompatibility dominates and no map between versions repairs it; else serving differently does.
 *
 * @param failed required findings that fail; at least one
 */
export function curesOfSkew(failed: readonly Finding[], remedies: Remedies): Cure[] {
  // Nothing that is done about versions mends what fails with both towers of one.
  if (failed.every(({ at }) => at === 0)) return [{ kind: 'better_model', worst: byUrgency(failed)[0]! }];
  const prospects = prospectsOf(remedies);
  const { ageHelps, aged, dominated, unrepaired } = prospects;
  const architecture: Cure = { kind: 'compatible_training', nonePasses: !ageHelps, unrepaired, of: remedies };
  const serving = [...onceForgone(ageCures(remedies, prospects)), ...mapCure(remedies), ...pinCure(remedies)];
  const leads = !remedies.mixedIndexAlone && ((!ageHelps && !aged) || unrepaired !== undefined);
  return [
    ...(leads ? [architecture, ...serving] : [...serving, ...(dominated && !ageHelps ? [architecture] : [])]),
    ...scopeCure(remedies),
  ];
}

function prospectsOf({ indexAges, safeDistance, incompatibleShare, repair }: Remedies): Prospects {
  const tooOld = indexAges.filter(({ passesNow }) => !passesNow);
  const dominated = incompatibleShare !== null && incompatibleShare >= 0.5;
  const beyondMaps = dominated && repair?.of === 'incompatible' && repair.share < REPAIRS;
  return {
    ageHelps: tooOld.length > 0 ? tooOld.every(({ maxHours }) => (maxHours ?? 0) > 0) : safeDistance >= 1,
    aged: incompatibleShare !== null && incompatibleShare < 0.5,
    dominated,
    unrepaired: beyondMaps ? repair : undefined,
  };
}

/** The price of not promoting stands beside the first of them. */
function onceForgone(cures: readonly ServingCure[]): ServingCure[] {
  return cures.map((cure, i) => {
    if (i === 0 || !('of' in cure)) return cure;
    const { forgone: _, ...of } = cure.of;
    return { ...cure, of };
  });
}

/** A younger index: by hours where the cadence is declared, by distance elsewhere. */
function ageCures(remedies: Remedies, { ageHelps, aged }: Prospects): ServingCure[] {
  const byHours = remedies.indexAges.flatMap((age): ServingCure[] => {
    const { passesNow, maxHours } = age;
    if (passesNow || maxHours === null || maxHours <= 0) return [];
    return [{ kind: 'younger_index', age: { ...age, maxHours }, of: remedies }];
  });
  return [...byHours, ...distanceCure(remedies, !ageHelps && aged)];
}

function distanceCure(remedies: Remedies, everyCheckpoint: boolean): ServingCure[] {
  const { mixedIndexAlone, safeDistance } = remedies;
  if (mixedIndexAlone) return [{ kind: 'one_version_an_index' }];
  if (safeDistance >= 1) return [{ kind: 'earlier_rebuild', maxDistance: safeDistance, of: remedies }];
  return everyCheckpoint ? [{ kind: 'rebuild_with_every_checkpoint', of: remedies }] : [];
}

/**
 * A map is offered for what is known to be incompatibility, or where old query checkpoints are missing and nothing is
 * known.
 */
function mapCure({ repair, incompatibleShare }: Remedies): ServingCure[] {
  if (!repair || repair.share < REPAIRS) return [];
  if (repair.of === 'loss' && incompatibleShare !== null) return [];
  return [{ kind: 'map_between_versions', repair }];
}

/** A pin is offered where serving every index with the query tower of its own version wins something back. */
function pinCure({ pin }: Remedies): ServingCure[] {
  if (!pin || Math.sign(pin.incompatible) !== Math.sign(pin.change)) return [];
  return [{ kind: 'pinned_query_tower', pin }];
}

function scopeCure({ passingSlices }: Remedies): Cure[] {
  return passingSlices.length === 0 ? [] : [{ kind: 'passing_slices', slices: passingSlices }];
}
