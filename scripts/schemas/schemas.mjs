// Writes what the registries say into the schemas of gates/: metrics and checks of a policy, tables of a release, checks of a
// report.

/** The policy's schema with the ids of all metrics and of all checks: the sweep's first, then the others by layer. */
export function policySchema(schema, { metrics, takesCutoff, checks }) {
  const families = metrics.filter(takesCutoff).map(({ id }) => id);
  schema.definitions.rule.properties.metric.anyOf = [
    { enum: metrics.filter((metric) => !takesCutoff(metric)).map(({ id }) => id) },
    { pattern: `^(${families.join('|')})@[1-9][0-9]{0,5}$`, examples: families.map((id) => `${id}@K`) },
  ];
  const sweep = checks.find(({ sweeps }) => sweeps).id;
  const byCheck = schema.properties.checks.properties;
  schema.properties.checks.properties = {
    all: byCheck.all,
    [sweep]: byCheck[sweep],
    ...Object.fromEntries(
      checks.filter(({ id }) => id !== sweep).map(({ id }) => [id, { $ref: '#/definitions/hypothesis' }]),
    ),
  };
  return schema;
}

/** The report's schema with the ids of all checks, in the order of their layers, and the kinds of all reasons. */
export function reportSchema(schema, { checks, reasons }) {
  schema.definitions.check_id.enum = checks.map(({ id }) => id);
  schema.definitions.reason.properties.kind.enum = reasons;
  return schema;
}

/** The release's schema with every table of evidence that a check reads. */
export function releaseSchema(schema, { tables }) {
  const { evidence } = schema.properties;
  evidence.description = `tables by name, for the checks on evidence: ${tables.map(({ name }) => name).join(', ')}`;
  evidence.properties = Object.fromEntries(tables.map((table) => [table.name, tableSchema(table)]));
  return schema;
}

/** Whose clock a ledger's times are read off; other tables have no times of day. */
const TIMEZONE = {
  description: 'whose clock its times are read off where they do not say a zone: UTC, an offset, or an IANA name',
  type: 'string',
  minLength: 1,
  maxLength: 100,
  examples: ['Europe/Berlin'],
};

/** What the team reported of the gain offline, on more rows than those that were served. */
const REPORTED = {
  reported_gain: {
    description:
      'the gain that was reported offline, on every row that was scored, by the metric of the gap: what of it is not on ' +
      'rows that were served is a step of its own',
    type: 'number',
    examples: [0.061],
  },
  reported_se: {
    description: 'its standard error; left out: not known, so that the step has the error of the ledger alone',
    type: 'number',
    minimum: 0,
    examples: [0.002],
  },
};

function tableSchema({ name, holds, required }) {
  const ledger = name === 'ledger';
  const path = { type: 'string', minLength: 1, maxLength: 1000 };
  const digest = 'a sha256: 64 hexadecimal digits';
  return {
    description:
      `a path relative to this file, or {path, sha256${ledger ? ', timezone, reported_gain, reported_se' : ''}}: ${holds}` +
      (required.length > 0 ? ` (${required.join(', ')})` : ''),
    ...path,
    type: ['string', 'object'],
    examples: [`gap/${name}.${ledger ? 'parquet' : 'csv'}`],
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { description: 'a path relative to this file', ...path, examples: [`gap/${name}.csv`] },
      sha256: { description: digest, type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
      ...(ledger && { timezone: TIMEZONE, ...REPORTED }),
    },
  };
}
