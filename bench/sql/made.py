"""The tables of a warehouse that the queries of evidence read, made with DuckDB: nothing in them is a secret or real."""

REQUESTS, ITEMS = 1500, 8

# u: a number in [0, 1) of a row and a purpose; z: about normal.
MACROS = """
CREATE MACRO u(a, b, k) AS (hash(a, b, k) % 1000003) / 1000003.0;
CREATE MACRO z(a, b, k) AS u(a, b, k) + u(a, b, k || '1') + u(a, b, k || '2') + u(a, b, k || '3') - 2;
CREATE MACRO p(x) AS 1 / (1 + exp(-x));
"""

TABLES = {
    # Every pair with what the models think of it, before it is cut into the tables of the warehouse.
    "pairs": f"""
        SELECT 'q' || q AS request_id, 'i' || (q * 7 + i * 13) % 200 AS item_id, 'u' || q % 400 AS user_id,
               CASE WHEN u(q, i, 'src') < 0.5 THEN 'feed' ELSE 'search' END AS log_source,
               CASE WHEN i % 2 = 0 THEN 'small' ELSE 'large' END AS tier,
               TIMESTAMPTZ '2026-02-01 00:00:00+00' + to_minutes(q) AS event_ts,
               z(q, i, 'x') AS x, z(q, i, 'w') AS w,
               CAST(u(q, i, 'y') < p(z(q, i, 'x') + z(q, i, 'w') - 1) AS INT) AS converted
        FROM range({REQUESTS}) r(q), range({ITEMS}) s(i)""",
    "offline_eval": """
        SELECT request_id, item_id, converted, user_id, log_source, tier, 1.0 AS weight,
               p(x - 1) AS score_production, p(x + 0.9 * w - 1) AS score_candidate,
               event_ts, event_ts - to_seconds(60) AS youngest_feature_ts, event_ts + to_hours(1) AS label_known_ts
        FROM pairs""",
    "serving_log": """
        SELECT request_id, item_id, log_source, tier, p(x + 0.5 * w - 1) AS score, p(x - 1) AS score_production,
               'v42' AS model_version, 'v41' AS item_version, repeat('ab', 32) AS model_sha256
        FROM pairs""",
    "replay": """
        SELECT request_id, item_id, p(x + 0.5 * w - 1) AS score, p(x + 0.9 * w - 1) AS score_point_in_time,
               p(x + 0.6 * w - 1) AS score_served_features, p(x + 0.5 * w - 1) AS score_served_versions,
               p(x + 0.5 * w - 1) AS score_served_precision, p(x - 1) AS production_served_features,
               p(x - 1) AS production_served_versions, p(x - 1) AS production_served_precision,
               p(x + 0.6 * w - 1) AS score_only_served_features, p(x + 0.8 * w - 1) AS score_all_but_served_features,
               p(x + 0.8 * w - 1) AS score_only_served_versions, p(x + 0.6 * w - 1) AS score_all_but_served_versions,
               p(x + 0.9 * w - 1) AS score_only_served_precision, p(x + 0.5 * w - 1) AS score_all_but_served_precision
        FROM pairs""",
    "training_rows": "SELECT request_id, item_id, converted, event_ts, x AS relevance, w AS affinity FROM pairs",
    "feature_log": """
        SELECT request_id, item_id, family, event_ts - to_seconds(60) AS as_of_ts
        FROM pairs, (VALUES ('text'), ('image')) f(family)""",
    "training_features": """
        SELECT request_id, item_id, feature, family, CASE WHEN u(request_id, item_id, feature) < 0.9 THEN x END AS value,
               0.01 AS ablation_log_loss
        FROM pairs, (VALUES ('age', 'text'), ('embedding', 'image')) f(feature, family)""",
    "model_input_log": """
        SELECT request_id, item_id, feature, 'embedder' AS artefact, tier,
               CASE WHEN u(request_id, item_id, feature) < 0.8 THEN x END AS value,
               u(request_id, item_id, 'default') < 0.05 AS is_default
        FROM pairs, (VALUES ('age'), ('embedding')) f(feature)""",
    "online_eval": """
        SELECT share AS treatment_share, arm, request_id,
               0.5 + 0.1 * w - CASE WHEN arm = 'treatment' THEN 0.02 * share ELSE 0 END AS loss,
               DATE '2026-02-01' + CAST(share * 10 AS INT) AS day, 0 AS other_launches
        FROM pairs, (VALUES (0.1), (0.3), (0.5), (0.9)) s(share), (VALUES ('control'), ('treatment')) a(arm)""",
    "eval_builds": """
        SELECT build AS build_id, request_id, item_id, converted, p(x - 1) AS score_prod, p(x + 0.9 * w - 1) AS score_cand,
               -ln(CASE WHEN converted = 1 THEN p(x - 1) ELSE 1 - p(x - 1) END) AS loss_prod,
               -ln(CASE WHEN converted = 1 THEN p(x + 0.9 * w - 1) ELSE 1 - p(x + 0.9 * w - 1) END) AS loss_cand,
               DATE '2026-02-01' AS day
        FROM pairs, (VALUES ('b1'), ('b2')) b(build) WHERE u(request_id, build, 'in') < 0.95""",
    "scores_fp32": "SELECT request_id, item_id, p(x + 0.9 * w - 1) AS score, converted FROM pairs",
    "scores_int8": "SELECT request_id, item_id, p(x + 0.9 * w - 1 + 0.001 * u(request_id, item_id, 'r')) AS score FROM pairs",
    "exact_search": """
        SELECT request_id, item_id, row_number() OVER (PARTITION BY request_id ORDER BY x DESC, item_id) AS rank
        FROM pairs""",
    "ann_search": """
        SELECT request_id, item_id, row_number() OVER (PARTITION BY request_id ORDER BY x + 0.1 * w DESC, item_id) AS rank
        FROM pairs""",
    "index_dump": "SELECT 'i' || i AS item_id, [u(i, 0, 'v'), u(i, 1, 'v'), u(i, 2, 'v')] AS vector FROM range(200) r(i)",
    "canary_embeddings": "SELECT item_id, vector FROM index_dump",
    "rpc_log": """
        SELECT arm, tower, stage, CASE WHEN u(request_id, item_id, arm) < 0.001 THEN 'timeout' ELSE 'ok' END AS status,
               20 * exp(0.5 * z(request_id, item_id, arm)) AS latency_ms
        FROM pairs, (VALUES ('control'), ('treatment')) a(arm), (VALUES ('query', 'embed'), ('query', 'rank')) t(tower, stage)""",
    "selection_log": """
        SELECT request_id, item_id, CAST(row_number() OVER (PARTITION BY request_id ORDER BY x DESC, item_id) <= 2 AS INT)
               AS is_selected, x AS utility, log_source AS surface
        FROM pairs""",
    "model_output": """
        SELECT request_id, item_id, arm, row_number() OVER (PARTITION BY request_id, arm ORDER BY w DESC, item_id) AS rank
        FROM pairs, (VALUES ('control'), ('treatment')) a(arm) WHERE u(request_id, item_id, arm) < 0.7""",
    "delivery_log": """
        SELECT arm, CASE WHEN u(request_id, item_id, 'bid') < 0.5 THEN 'auto' ELSE 'manual' END AS segment,
               1 + u(request_id, item_id, arm) AS cost, converted AS is_positive, 1.5 AS budget
        FROM pairs, (VALUES ('control'), ('treatment')) a(arm)""",
    "funnel_log": """
        SELECT arm, 'pacing' AS stage, reason, u(request_id, item_id, arm || reason) < 0.1 AS dropped
        FROM pairs, (VALUES ('control'), ('treatment')) a(arm), (VALUES ('budget'), ('frequency')) r(reason)""",
    "filter_replay": """
        SELECT request_id, item_id, arm, u(request_id, item_id, arm) AS value, u(request_id, item_id, arm) + 0.1
               AS value_without_filters
        FROM pairs, (VALUES ('control'), ('treatment')) a(arm)""",
    "experiments": """
        SELECT 'a' || i AS arm, 'l1-cvr' AS model, 0.01 * i AS offline_delta, 0.001 AS offline_se,
               0.2 * i + 0.1 * u(i, 0, 'e') AS online_delta, 0.05 AS online_se, 0.01 * i AS recall_delta, 0.001 AS recall_se
        FROM range(8) r(i)
        UNION ALL SELECT 'l1-cvr-candidate', 'l1-cvr', 0.05, 0.001, 0.4, 0.05, 0.01, 0.001""",
}
