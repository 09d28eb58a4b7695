/** The features that serving had, in tables like those of the eval set. */

import type { TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';

export const SERVED_QUERIES: TableSpec = {
  name: 'served_queries',
  page: 'making-a-replay.md',
  holds: 'one row per query of the ledger, with the columns of the eval set’s queries as serving had them',
  required: [],
  sql: sql`SELECT request_id, feature_1, feature_2 FROM serving_feature_log`,
  cost: 'query',
};

export const SERVED_ITEMS: TableSpec = {
  name: 'served_items',
  page: 'making-a-replay.md',
  holds: 'one row per item of the ledger, with the columns of the eval set’s items as serving had them',
  required: [],
  sql: sql`SELECT item_id, feature_1, feature_2 FROM item_feature_log`,
  cost: 'query',
};
