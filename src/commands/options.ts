/** Options that several commands take. */
import type { CommandOption } from './command.js';

const FILE = 'the path of a YAML file';

export const POLICY: CommandOption = { value: 'P', expected: FILE, example: 'gates/my-model.yml' };
/** A folder that keeps vectors from run to run. */
export const CACHE: CommandOption = { value: 'DIR', example: '.skewgate-cache' };
export const RELEASE: CommandOption = { value: 'R', expected: FILE, example: 'models/my-model.yml' };
