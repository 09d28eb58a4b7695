/** `skewgate map`: writes the map that repairs what lies between two versions. */
import { Workspace } from '../data/artefacts/files.js';
import { guarded } from '../gate.js';
import { mapVersions } from '../maps/map.js';
import { type Command, optional, required } from './command.js';
import { POLICY, RELEASE } from './options.js';

const KINDS = ['scale', 'orthogonal', 'linear'] as const;

export const map: Command = {
  name: 'map',
  does: [
    'write the map that brings queries of the live version into the index of an older one, where it repairs a loss;',
    'DIR (skewgate-map) gets map.npy, map.onnx and map.json; status 1 and no file where none is worth it',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    from: { value: 'OLD', required: true, expected: 'the version of the items in the index', example: 'v42' },
    to: { value: 'LIVE', required: true, expected: 'the live version', example: 'v43' },
    kind: { value: KINDS.join('|'), choices: KINDS },
    out: { value: 'DIR', example: 'skewgate-map' },
  },
  run: (values, host) =>
    guarded(host, async () => {
      const kind = KINDS.find((one) => one === values.kind);
      const { written, lines } = await mapVersions(
        {
          policy: required(values, 'policy'),
          release: required(values, 'release'),
          from: required(values, 'from'),
          to: required(values, 'to'),
          out: optional(values, 'out') ?? 'skewgate-map',
          ...(kind === undefined ? {} : { kind }),
        },
        new Workspace(host.workspace),
        (step) => host.progress(step),
      );
      host.output(`${lines.join('\n')}\n`);
      return written ? 0 : 1;
    }),
};
