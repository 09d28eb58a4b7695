"""Requests of eight items from the Online Retail transactions, with features as of the request's morning.

A request is a known customer on one day; its rows are up to two products that the customer buys within the next 12
days and others that were not bought, half of them drawn by how much they sell. Everything is known the day before,
but for the columns that `add_late` writes.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.feature_extraction.text import TfidfVectorizer

DAY = pd.Timedelta(days=1)
LABEL_DAYS = 12
ROWS = 8                                # rows of a request
POSITIVES = 2                           # at most, of them bought
FIRST, SPLIT, LAST = pd.Timestamp("2011-03-06"), pd.Timestamp("2011-09-11"), pd.Timestamp("2011-11-27")
CHECKPOINT_DAYS = 28                    # item vectors are fitted anew so often
DIMENSIONS = 12

FAMILIES = {
    "item": ["log_price", "reach_7d", "reach_28d", "reach_180d", "item_age", "units_per_buyer"],
    "customer": ["recency", "tenure", "invoices_90d", "products_90d", "basket_lines", "basket_value"],
    "history": ["bought_count", "days_since_bought", "bought_90d"],
    "tower": ["tower"],
    "title": ["title_similarity"],
    "price": ["price_gap"],
}
FEATURES = [name for names in FAMILIES.values() for name in names]


def read(path):
    """Purchases of known customers: no cancellations, no postage or manual lines (as examples/online-retail)."""
    t = pd.read_parquet(path)
    t = t[t.customer_id.notna() & (t.quantity > 0) & (t.unit_price > 0)]
    t = t[~t.invoice.astype(str).str.startswith("C") & t.stock_code.str.fullmatch(r"\d{5}[A-Za-z]{0,2}")]
    t = t.assign(stock_code=t.stock_code.str.upper(), day=t.invoice_time.dt.normalize(),
                 value=t.quantity * t.unit_price, description=t.description.fillna(""))
    t["customer"], customers = pd.factorize(t.customer_id.astype("int64"), sort=True)
    t["item"], items = pd.factorize(t.stock_code, sort=True)
    return t, customers, items


def matrix(h, shape):
    """Which customer has bought which item: a sparse 0/1 matrix."""
    m = sparse.csr_matrix((np.ones(len(h)), (h.customer, h.item)), shape=shape)
    m.data[:] = 1
    return m


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


class Vectors:
    """Item vectors by checkpoint. Two checkpoints are fitted apart, so that their axes turn."""

    def __init__(self, t, shape):
        self.t, self.shape, self.fitted = t, shape, {}

    def of(self, day, behind=0):
        """The checkpoint in force on `day`, or the one `behind` checkpoints earlier."""
        back = int(np.ceil((LAST - day).days / CHECKPOINT_DAYS)) + behind
        cut_off = LAST - back * CHECKPOINT_DAYS * DAY
        if cut_off not in self.fitted:
            m = matrix(self.t[self.t.day < cut_off], self.shape)
            m = m.multiply(1 / np.sqrt(1 + np.asarray(m.sum(0))))
            _, s, vt = svds(m.tocsr(), k=DIMENSIONS, random_state=back)
            self.fitted[cut_off] = unit(vt.T * np.sqrt(s))
        return self.fitted[cut_off]


def day_rows(t, day, h, shape, rng):
    """(customer, item, label) of one day's requests."""
    window = t[(t.day >= day) & (t.day < day + LABEL_DAYS * DAY)]
    recent = h[h.day >= day - 28 * DAY]
    sold = np.bincount(recent.item, minlength=shape[1]).astype(float)
    catalogue = np.flatnonzero(sold)
    known = np.zeros(shape[0], bool)
    known[h.customer.unique()] = True
    window = window[known[window.customer] & (sold[window.item] > 0)]
    popular = sold[catalogue] / sold.sum()
    rows = []
    for customer, bought in window.groupby("customer").item.unique().items():
        positives = rng.choice(bought, min(POSITIVES, len(bought)), replace=False)
        n = ROWS - len(positives)
        drawn = np.concatenate([rng.choice(catalogue, 3 * n, p=popular), rng.choice(catalogue, 3 * n)])
        drawn = pd.unique(rng.permutation(drawn))
        items = np.concatenate([positives, drawn[~np.isin(drawn, bought)][:n]])
        if len(items) == ROWS:
            rows.append(np.stack([np.full(ROWS, customer), items, np.arange(ROWS) < len(positives)], 1))
    return pd.DataFrame(np.concatenate(rows), columns=["customer", "item", "label"])


def day_features(r, day, h, shape, vectors, titles):
    """Adds the features of FEATURES as of the morning of `day`; `h` holds what was sold before."""
    def reach(days):
        recent = h[h.day >= day - days * DAY]
        buyers = matrix(recent, shape)
        return np.asarray(buyers.sum(0)).ravel() * 1000 / max(recent.customer.nunique(), 1)

    g, c = h.groupby("item"), h.groupby("customer")
    fill = lambda series, n: series.reindex(range(n)).to_numpy(float)
    price = fill(np.log(g.unit_price.last()), shape[1])
    recent = h[h.day >= day - 90 * DAY]
    bought, bought_90 = matrix(h, shape), matrix(recent, shape)
    count = h.groupby(["customer", "item"]).agg(n=("invoice", "nunique"), last=("day", "max"))
    own = count.reindex(pd.MultiIndex.from_frame(r[["customer", "item"]]))
    invoices = c.invoice.nunique()
    rc = recent.groupby("customer")
    q, i = r.customer.to_numpy(), r.item.to_numpy()
    columns = {
        "log_price": price[i], "reach_7d": reach(7)[i], "reach_28d": reach(28)[i], "reach_180d": reach(180)[i],
        "item_age": fill((day - g.day.min()).dt.days.clip(upper=180), shape[1])[i],
        "units_per_buyer": fill(g.quantity.sum() / g.customer.nunique(), shape[1])[i],
        "recency": fill((day - c.day.max()).dt.days, shape[0])[q],
        "tenure": fill((day - c.day.min()).dt.days.clip(upper=180), shape[0])[q],
        "invoices_90d": np.nan_to_num(fill(rc.invoice.nunique(), shape[0]))[q],
        "products_90d": np.nan_to_num(fill(rc.item.nunique(), shape[0]))[q],
        "basket_lines": fill(c.size() / invoices, shape[0])[q],
        "basket_value": fill(c.value.sum() / invoices, shape[0])[q],
        "bought_count": np.nan_to_num(own.n.to_numpy(float)),
        "days_since_bought": (day - own["last"]).dt.days.to_numpy(float),
        "bought_90d": np.asarray(bought_90[q, i]).ravel(),
        "price_gap": np.abs(price[i] - fill(np.log(h.unit_price).groupby(h.customer).mean(), shape[0])[q]),
    }
    users, back = np.unique(q, return_inverse=True)
    now = vectors.of(day)
    query = unit(bought[users] @ now)
    columns["tower"] = (query[back] * now[i]).sum(1)
    # The same query against the index one and two checkpoints behind it.
    for behind in (1, 2):
        columns[f"tower_{behind}"] = (query[back] * vectors.of(day, behind)[i]).sum(1)
    own_title = unit(np.asarray((bought[users] @ titles).todense()))
    columns["title_similarity"] = np.asarray(titles[i].multiply(own_title[back]).sum(1)).ravel()
    return r.assign(**columns)


def requests(path, seed):
    """Rows of all request days: ids, label, day, FEATURES, and the tower against older item vectors."""
    t, _, items = read(path)
    shape = (int(t.customer.max()) + 1, len(items))
    text = t.drop_duplicates("item").set_index("item").description.reindex(range(len(items))).str.lower()
    titles = TfidfVectorizer(token_pattern=r"[a-z]{3,}", max_features=400).fit_transform(text)
    vectors, rng, days = Vectors(t, shape), np.random.default_rng([seed, 1]), []
    for day in pd.date_range(FIRST, LAST, freq="7D"):
        if SPLIT - LABEL_DAYS * DAY < day < SPLIT:
            continue                    # its labels would lie on both sides
        h = t[t.day < day]
        rows = day_rows(t, day, h, shape, rng)
        days.append(day_features(rows, day, h, shape, vectors, titles).assign(day=day))
    out = pd.concat(days, ignore_index=True)
    out["request_id"] = out.day.dt.strftime("%m%d-") + out.customer.astype(str)
    out["item_id"] = items[out.item]
    return out
