// A CPU profile by stage: every sample belongs to the innermost stage that it is under.

/** Stages by the names of functions of src/ that are theirs; the bundle keeps names. */
const STAGES = {
  'garbage collection': ['(garbage collector)'],
  'reading tables': ['readTable', 'loadEvalSet'],
  'features to tensors': ['buildFeeds'],
  'towers (runtime)': ['embed'],
  'scores of pairs': ['scoreRows', 'loggedPositions'],
  'ranks in the catalogue': ['cataloguePositions'],
  'maps and drift': ['driftOf', 'alignmentOf', 'mappedSource', 'stretch', 'wholeValue'],
  'pairs, slots and clusters': ['combineCodes', 'measure', 'inCells', 'parts', 'effective', 'tally'],
  'products and marginals': ['accumulate'],
  'predictions, quantities': ['fill'],
  'ECE and bins': ['expectedCalibrationError'],
  AUC: ['areaUnderCurve'],
  GAUC: ['groupParts'],
  rankings: ['positionParts'],
  'reliability diagrams': ['binSums'],
  'estimates and report': ['reportVersionSkew', 'skewClaims', 'writeReport'],
};

/** Shares of the time of all threads' profiles, largest first; what is under no stage is `other`. */
export function byStage(profiles) {
  const times = new Map();
  for (const profile of profiles)
    for (const [stage, time] of timesOf(profile)) times.set(stage, (times.get(stage) ?? 0) + time);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([stage, time]) => ({ stage, share: time / total })).sort((a, b) => b.share - a.share);
}

function timesOf({ nodes, samples, timeDeltas }) {
  const names = new Map(Object.entries(STAGES).flatMap(([stage, list]) => list.map((name) => [name, stage])));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const known = new Map();
  const stageOf = (id) => {
    if (id === undefined) return 'other';
    if (!known.has(id)) {
      // A bundler may number names that occur twice.
      const name = byId.get(id).callFrame.functionName.replace(/\d+$/, '');
      known.set(id, names.get(name) ?? stageOf(parent.get(id)));
    }
    return known.get(id);
  };
  const times = new Map();
  for (const [i, id] of samples.entries()) {
    if (byId.get(id).callFrame.functionName === '(idle)') continue;
    times.set(stageOf(id), (times.get(stageOf(id)) ?? 0) + timeDeltas[i]);
  }
  return times;
}
