"""Train and export the two model families of this example, and write its pinned eval set.

Task: which catalogue products does a customer buy within the next 12 days?
Data: UCI Online Retail (see DATA-LICENSE.md), as one Parquet file with the columns invoice,
stock_code, description, quantity, invoice_time, unit_price, customer_id, country.

Two families with the same architecture, the same data and one checkpoint every 14 days:

  warm     v37 is trained on the whole history; every later checkpoint starts from the one before it
           and takes small steps on the most recent six weeks
  scratch  every checkpoint is re-initialised with its own seed and trained on the whole history

Requirements: Python 3.9+, numpy, pandas, pyarrow, torch >= 1.13, onnx, onnxruntime.
Deterministic for a given seed and versions of the packages (one thread, CPU); about two minutes.

    python train.py --transactions transactions.parquet --out .
"""

import argparse
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import nn

DAY = pd.Timedelta(days=1)
LABEL_DAYS = 12          # "buys within the next 12 days"
CATALOGUE_DAYS = 28      # a candidate product was sold at least once in the 28 days before the index build
CHECKPOINT_DAYS = 14     # one checkpoint, and one index build, every 14 days
NEGATIVES = 4            # sampled per positive, uniformly from the catalogue
MAX_POSITIVES = 10       # per request, so that no wholesaler dominates a batch or the eval set

LIVE = pd.Timestamp("2011-11-13")                 # training cut-off of the live version
VERSIONS = {f"v{43 - k}": LIVE - k * CHECKPOINT_DAYS * DAY for k in range(6, -1, -1)}     # v37 ... v43
FIRST_REQUEST_DAY = pd.Timestamp("2011-02-06")    # earlier requests would have too little history
EVAL_DAYS = [LIVE, LIVE + 7 * DAY, LIVE + 14 * DAY]      # the last label window ends with the data
UK_SAMPLE = 2            # the eval set keeps every customer abroad and one in two at home (weight 2)

COUNTRIES = ["United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium",
             "Switzerland", "Portugal", "Australia", "Norway", "Italy"]       # index 0 is every other country
CUSTOMER_BUCKETS = 1024
PRODUCT_SLOTS = 3840     # append-only: a product gets the next slot when it is first sold; 0 is padding
TOKENS = 600             # 0 is padding, 1 an unknown word
HISTORY = 20             # most recent distinct products of a customer
TITLE = 8                # words of a product's title

LONGEST = 180            # tenure and age are capped here: the data itself starts only in December 2010

QUERY_DENSE = ["recency_days", "tenure_days", "invoices_90d", "products_90d", "spend_90d", "basket_value",
               "basket_lines"]
ITEM_DENSE = ["price", "age_days", "reach_7d", "reach_28d", "reach_180d", "units_per_buyer"]


# ---------------------------------------------------------------- data

def read_transactions(path):
    """Purchases of known customers: no cancellations, no postage or manual lines."""
    t = pd.read_parquet(path)
    t = t[t.customer_id.notna() & (t.quantity > 0) & (t.unit_price > 0)]
    t = t[~t.invoice.astype(str).str.startswith("C") & t.stock_code.str.fullmatch(r"\d{5}[A-Za-z]{0,2}")]
    t = t.assign(customer_id=t.customer_id.astype("int64"), stock_code=t.stock_code.str.upper(),
                 day=t.invoice_time.dt.normalize(), value=t.quantity * t.unit_price,
                 description=t.description.fillna(""))
    return t.sort_values(["invoice_time", "invoice", "stock_code"], kind="stable").reset_index(drop=True)


def words(title):
    return re.findall(r"[a-z]+", title.lower())


class Catalogue:
    """Product slots in order of first sale, and titles as token ids."""

    def __init__(self, t):
        first = t.groupby("stock_code").agg(day=("day", "min"), title=("description", "first")).reset_index()
        first = first.sort_values(["day", "stock_code"], kind="stable")
        assert len(first) < PRODUCT_SLOTS
        self.slot = {code: k + 1 for k, code in enumerate(first.stock_code)}
        # The vocabulary is fixed before the first checkpoint, so that all versions share it.
        known = first[first.day < VERSIONS["v37"]]
        count = Counter(w for title in known.title for w in set(words(title)))
        vocabulary = sorted(count, key=lambda w: (-count[w], w))[:TOKENS - 2]
        token = {w: k + 2 for k, w in enumerate(vocabulary)}
        self.tokens = {code: ([token.get(w, 1) for w in words(title)] or [1])[:TITLE]
                       for code, title in zip(first.stock_code, first.title)}


def item_features(t, build_day, catalogue):
    """The catalogue and its features as of an index build; nothing from that day or later."""
    h = t[t.day < build_day]
    g = h.groupby("stock_code")
    codes = g.size().index

    def reach(days):
        """Buyers per 1,000 active customers: unlike a count it does not grow with the season."""
        recent = h[h.day >= build_day - days * DAY]
        buyers = recent.groupby("stock_code").customer_id.nunique().reindex(codes, fill_value=0)
        return (1000 * buyers / recent.customer_id.nunique()).astype("float32")

    items = pd.DataFrame({
        "product_index": codes.map(catalogue.slot).astype("int64"),
        "price": g.unit_price.last().astype("float32"),
        "age_days": (build_day - g.day.min()).dt.days.clip(upper=LONGEST).astype("float32"),
        "reach_7d": reach(7),
        "reach_28d": reach(CATALOGUE_DAYS),
        "reach_180d": reach(180),
        "units_per_buyer": (g.quantity.sum() / g.customer_id.nunique()).astype("float32"),
    }, index=codes)
    items = items[items.reach_28d > 0].copy()
    items["title_tokens"] = [catalogue.tokens[code] for code in items.index]
    return items


def query_features(t, day, catalogue):
    """Features of every known customer as of the morning of `day`."""
    h = t[t.day < day]
    g = h.groupby("customer_id")
    recent = h[h.day >= day - 90 * DAY]
    r = recent.groupby("customer_id")
    customers = g.size().index
    invoices = g.invoice.nunique()

    def fill(column):
        return column.reindex(customers, fill_value=0).astype("float32")

    country = {name: k + 1 for k, name in enumerate(COUNTRIES)}
    queries = pd.DataFrame({
        "customer_index": (customers % CUSTOMER_BUCKETS).astype("int64"),
        "country": g.country.last(),
        "recency_days": (day - g.day.max()).dt.days.astype("float32"),
        "tenure_days": (day - g.day.min()).dt.days.clip(upper=LONGEST).astype("float32"),
        "invoices_90d": fill(r.invoice.nunique()),
        "products_90d": fill(r.stock_code.nunique()),
        "spend_90d": fill(r.value.sum()).round(2),
        "basket_value": (g.value.sum() / invoices).astype("float32").round(2),
        "basket_lines": (g.size() / invoices).astype("float32").round(2),
    }, index=customers)
    last = h.drop_duplicates(["customer_id", "stock_code"], keep="last")
    slots = last.stock_code.map(catalogue.slot)
    queries["recent_products"] = slots.groupby(last.customer_id).agg(lambda s: s.tolist()[::-1][:HISTORY])
    queries["market"] = np.where(queries.country == "United Kingdom", "uk", "abroad")
    queries["country"] = queries.country.map(country).fillna(0).astype("int64")
    return queries


def build_day_of(day):
    """The index build that serves requests of `day`: the last one on the 14-day grid."""
    return LIVE - CHECKPOINT_DAYS * DAY * int(np.ceil((LIVE - day).days / CHECKPOINT_DAYS))


def requests(t, day, items, queries, seed):
    """One request per known customer who buys in the label window: positives and sampled negatives."""
    window = t[(t.day >= day) & (t.day < day + LABEL_DAYS * DAY)]
    window = window[window.customer_id.isin(queries.index) & window.stock_code.isin(items.index)]
    bought = window.groupby("customer_id").stock_code.unique()
    codes = items.index.to_numpy()
    rng = np.random.default_rng([seed, day.toordinal()])
    rows = []
    for customer, positives in bought.items():
        others = codes[~np.isin(codes, positives)]
        if len(positives) > MAX_POSITIVES:
            positives = rng.choice(positives, MAX_POSITIVES, replace=False)
        negatives = rng.choice(others, NEGATIVES * len(positives), replace=False)
        rows.append(pd.DataFrame({"customer_id": customer, "stock_code": np.concatenate([positives, negatives]),
                                  "label": np.repeat([1, 0], [len(positives), len(negatives)])}))
    return pd.concat(rows, ignore_index=True)


# ---------------------------------------------------------------- model

def pooled(embedding, ids, mask):
    m = mask.to(torch.float32).unsqueeze(-1)
    return (embedding(ids) * m).sum(1) / m.sum(1).clamp(min=1.0)


class Standardise(nn.Module):
    """log(1 + x), then mean 0 and variance 1 with the statistics of the training rows."""

    def __init__(self, rows):
        super().__init__()
        x = torch.log1p(rows)
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("sd", x.std(0))

    def forward(self, x):
        return ((torch.log1p(x) - self.mean) / self.sd).clamp(-4.0, 4.0)


class QueryTower(nn.Module):
    def __init__(self, dense, dim, embed, hidden):
        super().__init__()
        self.standardise = Standardise(dense)
        self.customer = nn.Embedding(CUSTOMER_BUCKETS, embed)
        self.country = nn.Embedding(len(COUNTRIES) + 1, 4)
        self.product = nn.Embedding(PRODUCT_SLOTS, embed)
        self.mlp = nn.Sequential(nn.Linear(2 * embed + 4 + dense.shape[1], hidden), nn.ReLU(),
                                 nn.Linear(hidden, dim - 1))
        # Centred queries: what an item gains from the average customer can only sit in the item's own bias.
        self.centre = nn.BatchNorm1d(dim - 1, affine=False, momentum=0.01)

    def forward(self, customer_index, country, dense, history, history_mask):
        x = torch.cat([self.customer(customer_index), self.country(country),
                       pooled(self.product, history, history_mask), self.standardise(dense)], 1)
        q = self.centre(self.mlp(x))
        # The last coordinate is 1: it carries that bias through the dot product.
        return torch.cat([q, torch.ones_like(q[:, :1])], 1)


class ItemTower(nn.Module):
    def __init__(self, dense, dim, embed, hidden):
        super().__init__()
        self.standardise = Standardise(dense)
        self.product = nn.Embedding(PRODUCT_SLOTS, embed)
        self.token = nn.Embedding(TOKENS, embed)
        self.mlp = nn.Sequential(nn.Linear(2 * embed + dense.shape[1], hidden), nn.ReLU(),
                                 nn.Linear(hidden, dim))

    def forward(self, product_index, dense, title_tokens, attention_mask):
        x = torch.cat([self.product(product_index), pooled(self.token, title_tokens, attention_mask),
                       self.standardise(dense)], 1)
        return self.mlp(x)


class TwoTower(nn.Module):
    def __init__(self, q_dense, i_dense, dim=16, embed=8, hidden=48):
        super().__init__()
        self.query, self.item = QueryTower(q_dense, dim, embed, hidden), ItemTower(i_dense, dim, embed, hidden)
        for m in self.modules():
            if isinstance(m, nn.Embedding):
                nn.init.normal_(m.weight, std=0.05)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(-1.4))      # about the log odds of 1 positive to 4 negatives

    def forward(self, q, i):
        return self.scale * (self.query(*q) * self.item(*i)).sum(1) + self.bias


def padded(lists, length):
    ids = np.zeros((len(lists), length), np.int64)
    for k, x in enumerate(lists):
        ids[k, :len(x)] = x
    return ids, (np.arange(length) < np.array([len(x) for x in lists])[:, None]).astype(np.int64)


def query_inputs(q):
    ids, mask = padded(q.recent_products.tolist(), HISTORY)
    return [q.customer_index.to_numpy(), q.country.to_numpy(), q[QUERY_DENSE].to_numpy(np.float32), ids, mask]


def item_inputs(i):
    ids, mask = padded(i.title_tokens.tolist(), TITLE)
    return [i.product_index.to_numpy(), i[ITEM_DENSE].to_numpy(np.float32), ids, mask]


class Examples:
    """Rows of many request days as row numbers into two tables of tower inputs."""

    def __init__(self, t, days, catalogue, seed):
        q_tables, i_tables, rows, builds, nq, ni = [], [], [], {}, 0, 0
        for day in days:
            build = build_day_of(day)
            if build not in builds:
                items = item_features(t, build, catalogue)
                builds[build] = (items, ni)
                i_tables.append(items)
                ni += len(items)
            items, i0 = builds[build]
            queries = query_features(t, day, catalogue)
            r = requests(t, day, items, queries, seed)
            used = queries.loc[r.customer_id.unique()]
            rows.append(np.stack([nq + used.index.get_indexer(r.customer_id),
                                  i0 + items.index.get_indexer(r.stock_code),
                                  r.label, np.full(len(r), day.toordinal())], 1))
            q_tables.append(used)
            nq += len(used)
        self.q = [torch.from_numpy(x) for x in query_inputs(pd.concat(q_tables))]
        self.i = [torch.from_numpy(x) for x in item_inputs(pd.concat(i_tables))]
        self.rows = torch.from_numpy(np.concatenate(rows).astype(np.int64))

    def between(self, first, cut_off):
        """Rows whose label window has closed by the cut-off."""
        day = self.rows[:, 3]
        return self.rows[(day >= first.toordinal()) & (day + LABEL_DAYS <= cut_off.toordinal())]


def new_model(data, rows, seed):
    torch.manual_seed(seed)
    return TwoTower(data.q[2][rows[:, 0]], data.i[1][rows[:, 1]])


def fit(model, data, rows, epochs, query_lr, item_lr, seed, batch=1024):
    """AdamW with a cosine schedule down to zero."""
    g = torch.Generator().manual_seed(seed)
    query_side = [*model.query.parameters(), model.scale, model.bias]
    optimiser = torch.optim.AdamW([{"params": query_side, "lr": query_lr},
                                   {"params": model.item.parameters(), "lr": item_lr}], weight_decay=0.3)
    steps = epochs * (len(rows) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    loss_of = nn.BCEWithLogitsLoss()
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(rows), generator=g)
        for k in range(len(rows) // batch):
            r = rows[order[k * batch:(k + 1) * batch]]
            logits = model([x[r[:, 0]] for x in data.q], [x[r[:, 1]] for x in data.i])
            loss = loss_of(logits, r[:, 2].to(torch.float32))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


# ---------------------------------------------------------------- export

def export(tower, example, names, path):
    """Write one tower as ONNX (opset 13, any batch size and list length) and check it against torch."""
    lists = {"history", "history_mask", "title_tokens", "attention_mask"}
    axes = {n: {0: "batch", 1: "length"} if n in lists else {0: "batch"} for n in names + ["embedding"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    newer = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(tower, tuple(x[:2] for x in example), str(path), opset_version=13, input_names=names,
                      output_names=["embedding"], dynamic_axes=axes, **newer)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for n in (1, 7, len(example[0])):
        out = session.run(["embedding"], {k: x[:n].numpy() for k, x in zip(names, example)})[0]
        with torch.no_grad():
            difference = np.abs(out - tower(*[x[:n] for x in example]).numpy()).max()
        assert difference < 1e-5, f"{path}: ONNX and torch differ by {difference}"


def write_parquet(frame, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", compression_level=9)


def write_eval_set(t, catalogue, out, seed):
    """Requests after the live version's training cut-off; items as of the live index build."""
    items = item_features(t, LIVE, catalogue)
    rows, queries = [], []
    for day in EVAL_DAYS:
        q = query_features(t, day, catalogue)
        r = requests(t, day, items, q, seed)
        abroad = r.customer_id.map(q.market) == "abroad"
        r = r[abroad | (r.customer_id % UK_SAMPLE == 0)].copy()
        q = q.loc[r.customer_id.unique()].copy()
        q["request_id"] = [f"{day:%Y%m%d}-{c}" for c in q.index]
        q["segment"] = np.select([q.tenure_days < 90, q.spend_90d >= 1500], ["new", "wholesale"], "returning")
        for column in ("request_id", "segment", "market"):
            r[column] = r.customer_id.map(q[column])
        r["weight"] = np.where(r.market == "uk", float(UK_SAMPLE), 1.0)
        r["catalogue_age"] = np.where(r.stock_code.map(items.age_days) < 90, "new", "established")
        rows.append(r)
        queries.append(q)
    rows = pd.concat(rows).sort_values(["request_id", "stock_code"], ignore_index=True)
    rows = rows[["request_id", "stock_code", "label", "weight", "customer_id", "segment", "market", "catalogue_age"]]
    queries = pd.concat(queries, ignore_index=True)
    queries = queries[["request_id", "customer_index", "country"] + QUERY_DENSE + ["recent_products"]]
    write_parquet(rows, out / "eval/rows.parquet")
    write_parquet(queries, out / "eval/queries.parquet")
    write_parquet(items.rename_axis("stock_code").reset_index(), out / "eval/items.parquet")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", required=True, help="Online Retail transactions as Parquet")
    parser.add_argument("--out", required=True, type=Path, help="folder to write eval/ and checkpoints/ into")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    t = read_transactions(args.transactions)
    catalogue = Catalogue(t)
    write_eval_set(t, catalogue, args.out, args.seed)
    days = [d for d in pd.date_range(FIRST_REQUEST_DAY, LIVE, freq="7D") if d + LABEL_DAYS * DAY <= LIVE]
    data = Examples(t, days, catalogue, args.seed)
    print(f"{len(data.rows):,} training rows of {len(days)} request days")

    warm = None
    scores = {"warm": {}, "scratch": {}}
    for n, (version, cut_off) in enumerate(VERSIONS.items()):
        history = data.between(FIRST_REQUEST_DAY, cut_off)
        if warm is None:
            warm = fit(new_model(data, history, args.seed), data, history, epochs=1, query_lr=2e-3, item_lr=2e-3,
                       seed=args.seed)
        else:
            # Small steps on the last six weeks; smaller ones for the item tower, whose vectors stay in the index.
            recent = data.between(cut_off - 42 * DAY, cut_off)
            warm = fit(warm, data, recent, epochs=1, query_lr=5e-4, item_lr=3e-4, seed=args.seed + n)
        own_seed = args.seed + 1000 + n
        scratch = fit(new_model(data, history, own_seed), data, history, epochs=2, query_lr=3e-3, item_lr=3e-3,
                      seed=own_seed)
        for family, model in (("warm", warm), ("scratch", scratch)):
            folder = args.out / "checkpoints" / family
            export(model.query, [x[:500] for x in data.q],
                   ["customer_index", "country", "dense", "history", "history_mask"],
                   folder / "query" / f"{version}.onnx")
            export(model.item, [x[:500] for x in data.i],
                   ["product_index", "dense", "title_tokens", "attention_mask"],
                   folder / "item" / f"{version}.onnx")
            scores[family][version] = {"scale": round(model.scale.item(), 6), "bias": round(model.bias.item(), 6)}
        print(f"{version} trained on labels before {cut_off:%Y-%m-%d}: {len(history):,} rows")
    for family, values in scores.items():
        (args.out / "checkpoints" / family / "score.json").write_text(json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    main()
