/** Options that several commands take. */
import type { Option } from './command.js';

const FILE = 'the path of a YAML file';

export const POLICY: Option = { value: 'P', expected: FILE, example: 'gates/my-model.yml' };
export const RELEASE: Option = { value: 'R', expected: FILE, example: 'models/my-model.yml' };
