/** Compiles the schemas of `gates/`, which tests hold to their draft, so that no run needs to. */
import Ajv, { type Options, type ValidateFunction } from 'ajv';

/** As long as reading the files takes a start: the draft’s own schema, and a second pass over the code. */
const TESTED: Options = { strict: false, meta: false, validateSchema: false, code: { optimize: false } };

export function compileGates<T>(schema: object, options: Options = {}): ValidateFunction<T> {
  return new Ajv({ ...TESTED, ...options }).compile<T>(schema);
}
