#!/usr/bin/env python3
"""Independent oracle for skewgate's version-skew check.   oracle.py POLICY RELEASE -> JSON on stdout

oracle.py POLICY RELEASE --expected prints what a golden project keeps of it.
Exact clusters (no hashing), influences of rows and of relevant items, plain numpy.  See README.md for the choices made.
"""
import sys, os, json, csv, math, re, hashlib
import numpy as np
import yaml
from scipy import stats

CLIP = 1e-7
B = 1024
FLOOR_POS, FLOOR_Q, FLOOR_I = 100, 40, 30
UNCOVERED = 0.005
PER_QUERY = ("recall", "hit", "ndcg")


class OracleError(Exception):
    pass


# ------------------------------------------------------------------ files
class _Loader(yaml.SafeLoader):
    pass


# YAML 1.2 core: only true/false are booleans (yes/no/on/off are strings)
_Loader.yaml_implicit_resolvers = {k: [(t, r) for t, r in v if t != "tag:yaml.org,2002:bool"]
                                   for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def load_yaml(path):
    with open(path, encoding="utf-8") as f:
        return yaml.load(f, Loader=_Loader)


def sha(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def read_table(path):
    """-> dict column -> list of python values (CSV: strings)."""
    low = path.lower()
    if low.endswith(".parquet"):
        import pyarrow.parquet as pq
        t = pq.ParquetFile(path).read()
        return {n: t.column(n).to_pylist() for n in t.column_names}
    if low.endswith(".csv"):
        with open(path, newline="", encoding="utf-8-sig") as f:
            rd = csv.reader(f)
            head = next(rd)
            cols = {h: [] for h in head}
            for row in rd:
                if not row:
                    continue
                for h, v in zip(head, row):
                    cols[h].append(v)
        return cols
    if low.endswith((".jsonl", ".ndjson")):
        rows = [json.loads(l) for l in open(path, encoding="utf-8") if l.strip()]
        names = []
        for r in rows:
            for k in r:
                if k not in names:
                    names.append(k)
        return {n: [r.get(n) for r in rows] for n in names}
    raise OracleError("unknown table type " + path)


def key(v):
    """canonical text of an id or a slice value"""
    if isinstance(v, (bool, np.bool_)):
        return "true" if v else "false"
    if isinstance(v, (int, np.integer)):
        return str(int(v))
    if isinstance(v, float):
        return str(int(v)) if v.is_integer() else repr(v)
    if v is None:
        return "null"
    return str(v)


def num(v):
    if isinstance(v, bool):
        return 1.0 if v else 0.0
    if isinstance(v, str):
        t = v.strip().lower()
        if t in ("true", "false"):
            return 1.0 if t == "true" else 0.0
        return float(t)
    return float(v)


def integer(v):
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, str):
        t = v.strip().lower()
        if t in ("true", "false"):
            return int(t == "true")
        return int(t)
    return int(v)


def parse_margin(m):
    """-> (number, is_percentage)"""
    if isinstance(m, str):
        t = m.strip()
        if t.endswith("%"):
            return float(t[:-1]) / 100.0, True
        return float(t), False
    return float(m), False


# ------------------------------------------------------------------ towers
NPT = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16, "tensor(int64)": np.int64,
       "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(string)": object, "tensor(int16)": np.int16,
       "tensor(int8)": np.int8, "tensor(uint8)": np.uint8}


def cast(v, ty):
    if ty == "tensor(string)":
        return key(v) if not isinstance(v, str) else v
    if ty == "tensor(bool)":
        return num(v) != 0
    if "int" in ty:
        return integer(v)
    return num(v)


class Tower:
    def __init__(self, spec, base):
        self.spec, self.base = spec, base
        self.kind = "embeddings" if "embeddings" in spec else "onnx"
        self.cache = {}

    def path(self, version):
        return os.path.normpath(os.path.join(self.base, self.spec[self.kind].replace("{version}", version)))

    def exists(self, version):
        return os.path.exists(self.path(version))

    def columns(self, version):
        """feature columns that the graph reads, in order (onnx only)"""
        import onnxruntime as ort
        s = ort.InferenceSession(self.path(version), providers=["CPUExecutionProvider"])
        ins = self.spec.get("inputs") or {}
        masks = {v["mask"] for v in ins.values() if isinstance(v, dict) and v.get("mask")}
        out = []
        for i in s.get_inputs():
            if i.name in masks:
                continue
            sp = ins.get(i.name, i.name)
            out += sp if isinstance(sp, list) else [sp["column"] if isinstance(sp, dict) else sp]
        return out

    def run(self, version, table, index):
        """embed the rows `index` of `table`; float32 (n, d) or (n, t, d)"""
        import onnxruntime as ort
        so = ort.SessionOptions()
        so.intra_op_num_threads = 1
        s = ort.InferenceSession(self.path(version), so, providers=["CPUExecutionProvider"])
        pin = (self.spec.get("sha256") or {}).get(version)
        if pin and pin != sha(self.path(version)):
            raise OracleError("digest of " + self.path(version))
        ins = self.spec.get("inputs") or {}
        masks = {v["mask"]: k for k, v in ins.items() if isinstance(v, dict) and v.get("mask")}
        meta = {i.name: i for i in s.get_inputs()}
        batch = None
        for i in s.get_inputs():
            if i.shape and isinstance(i.shape[0], int):
                batch = i.shape[0]
        n = len(index)
        step = batch or int(os.environ.get("ORACLE_CHUNK", 0)) or n
        outs = [o.name for o in s.get_outputs()]
        want = self.spec.get("output") or outs[0]
        res = []
        for lo in range(0, n, step):
            part = list(index[lo:lo + step])
            real = len(part)
            if batch:
                part = part + [part[-1]] * (batch - real)
            feed = {}
            for name, i in meta.items():
                if name in masks:
                    continue
                sp = ins.get(name, name)
                dt = NPT[i.type]
                if isinstance(sp, list):
                    a = np.array([[cast(table[c][r], i.type) for c in sp] for r in part], dtype=dt)
                elif isinstance(sp, dict) and "pad" in sp or isinstance(sp, dict) and "length" in sp or isinstance(sp, dict) and sp.get("mask"):
                    lists = [list(table[sp["column"]][r]) if table[sp["column"]][r] is not None else [] for r in part]
                    T = sp.get("length") or max(len(l) for l in lists)
                    pad = sp.get("pad", 0)
                    a = np.array([[cast(x, i.type) for x in l[:T]] + [cast(pad, i.type)] * (T - len(l[:T])) for l in lists], dtype=dt).reshape(len(part), T)
                    if sp.get("mask"):
                        mt = meta[sp["mask"]].type
                        feed[sp["mask"]] = np.array([[1] * len(l[:T]) + [0] * (T - len(l[:T])) for l in lists]).reshape(len(part), T).astype(NPT[mt])
                else:
                    c = sp["column"] if isinstance(sp, dict) else sp
                    v0 = table[c][part[0]]
                    if isinstance(v0, (list, tuple)):
                        a = np.array([[cast(x, i.type) for x in table[c][r]] for r in part], dtype=dt)
                    else:
                        a = np.array([cast(table[c][r], i.type) for r in part], dtype=dt)
                        if len(i.shape) == 2:
                            a = a.reshape(-1, 1)
                feed[name] = a
            o = s.run([want], feed)[0]
            res.append(np.asarray(o)[:real].astype(np.float32))
        return np.concatenate(res)

    def read(self, version):
        p = self.path(version)
        pin = (self.spec.get("sha256") or {}).get(version)
        if pin and pin != sha(p):
            raise OracleError("digest of " + p)
        t = read_table(p)
        return {key(i): np.asarray(v, dtype=np.float32) for i, v in zip(t["id"], t["vector"])}


def features_index(tower, versions, table, n):
    """flat table: distinct feature rows -> (representatives, code per row)"""
    cols = tower.columns(versions[0])
    seen, code, reps = {}, np.zeros(n, dtype=np.int64), []
    for r in range(n):
        t = tuple(tuple(table[c][r]) if isinstance(table[c][r], list) else table[c][r] for c in cols)
        if t not in seen:
            seen[t] = len(reps)
            reps.append(r)
        code[r] = seen[t]
    return reps, code


def similarity(kind, q, i):
    """row-wise similarity of q[r], i[r] in float64"""
    q = q.astype(np.float64)
    i = i.astype(np.float64)
    if kind == "max_sim":
        if q.ndim == 2:
            q = q[:, None, :]
        if i.ndim == 2:
            i = i[:, None, :]
        return np.einsum("rad,rbd->rab", q, i).max(axis=2).sum(axis=1)
    d = (q * i).sum(axis=1)
    if kind == "cosine":
        d = d / (np.sqrt((q * q).sum(axis=1)) * np.sqrt((i * i).sum(axis=1)))
    return d


# ------------------------------------------------------------------ production histograms
def hours(v):
    m = re.match(r"^\s*([0-9.]+)\s*(s|m|min|h|d|w)?\s*$", str(v))
    x = float(m.group(1))
    return x * {"s": 1 / 3600, "m": 1 / 60, "min": 1 / 60, "h": 1, "d": 24, "w": 168, None: 1}[m.group(2)]


def cadence_histogram(c):
    """P(K=k) = E[(1-|A/T-k|)_+],  A = D + U(0,P) + U(0,R); exact by the third antiderivative of the kernel"""
    T, P, D, R = hours(c["checkpoint_period"]), hours(c["build_period"]), hours(c.get("build_duration", 0)), hours(c.get("rollout", 0))

    def ex(f):  # expectation by composite Gauss-Legendre between the kinks
        lo, hi = D, D + P + R
        if hi == lo:
            return f(lo)
        def dens(a):
            x = a - D
            if P == 0 or R == 0:
                return 1 / (P + R)
            s, l = min(P, R), max(P, R)
            return np.minimum(np.minimum(x, s), P + R - x) / (P * R)
        cuts = sorted({lo, hi, D + P, D + R} | {k * T for k in range(int(hi / T) + 3) if lo < k * T < hi})
        g, w = np.polynomial.legendre.leggauss(8)
        return sum(((b - a) / 2 * w * f((b - a) / 2 * g + (a + b) / 2) * dens((b - a) / 2 * g + (a + b) / 2)).sum() for a, b in zip(cuts, cuts[1:]))
    out = {}
    for k in range(int((D + P + R) / T) + 3):
        p = float(ex(lambda a: np.maximum(0, 1 - np.abs(a / T - k))))
        if p > 1e-12:
            out[k] = p
    return out


def histogram(spec, base, versions, live, by=None, value=None):
    if "cadence" in spec:
        return cadence_histogram(spec["cadence"])
    if "counts" in spec:
        t = read_table(os.path.join(base, spec["counts"]))
        idx = {v: j for j, v in enumerate(versions)}
        h = {}
        for r in range(len(t["count"])):
            if by and by in t and key(t[by][r]) != value:
                continue
            d = idx[t["item_version"][r]] - idx[t["query_version"][r]]
            h[d] = h.get(d, 0) + num(t["count"][r])
    else:
        h = {int(k): float(v) for k, v in spec.items()}
    tot = sum(h.values())
    return {k: v / tot for k, v in h.items() if v > 0}


# ------------------------------------------------------------------ the problem
class Pair:
    """scores of one (query version, item version) on the rows"""
    pass


class Problem:
    def __init__(self, policy_path, release_path):
        P, R = load_yaml(policy_path), load_yaml(release_path)
        self.P, self.R = P, R
        pb, rb = os.path.dirname(os.path.abspath(policy_path)), os.path.dirname(os.path.abspath(release_path))
        es = P["eval_set"]
        self.es = es
        tabs = {}
        for t in ("rows", "queries", "items"):
            if t in es:
                p = os.path.normpath(os.path.join(pb, es[t]))
                if (es.get("sha256") or {}).get(t) != sha(p):
                    raise OracleError("digest of " + t)
                tabs[t] = read_table(p)
        self.tabs = tabs
        rows = tabs["rows"]
        C = es["columns"]
        self.qid = np.array([key(v) for v in rows[C["query"]]], dtype=object)
        self.iid = np.array([key(v) for v in rows[C["item"]]], dtype=object)
        self.n = n = len(self.qid)
        self.y = np.array([num(v) for v in rows[C["label"]]])
        self.w = np.array([num(v) for v in rows[C["weight"]]]) if C.get("weight") else np.ones(n)
        self.qn, self.q = np.unique(self.qid.astype(str), return_inverse=True)
        self.inames, self.i = np.unique(self.iid.astype(str), return_inverse=True)
        cl = np.array([key(v) for v in rows[C["cluster"]]]) if C.get("cluster") else self.qid.astype(str)
        _, self.c = np.unique(cl, return_inverse=True)
        first = np.zeros(len(self.qn), dtype=np.int64)
        first[self.q[::-1]] = np.arange(n)[::-1]
        self.qcluster = self.c[first]
        self.slicecols = es.get("slices") or []
        self.hash_ranges = False
        self.sl = {s: np.array([key(v) for v in rows[s]]) for s in self.slicecols}
        self.candidates = es.get("candidates", "logged")

        vs = R["versions"]
        live = R["live"]
        vs = vs[vs.index(live):]
        self.versions = vs
        self.ck = P["checks"]["version-skew"]
        sw = self.ck.get("sweep") or {"from": 0, "to": len(vs) - 1}
        self.dist = sorted(set(range(int(sw["from"]), int(sw["to"]) + 1)) | {0})
        conf = self.ck.get("confidence", "95%")
        c, pc = parse_margin(conf)
        self.alpha = 1 - c
        sc = R.get("score") or {}
        self.sim, self.link = sc.get("similarity", "dot"), sc.get("link", "identity")
        self.scale, self.bias = sc.get("scale", 1), sc.get("bias", 0)
        self.qt, self.it = Tower(R["query_tower"], rb), Tower(R["item_tower"], rb)
        self._emb, self._pairs, self._idx = {}, {}, {}
        self._entries, self._parts, self._skill, self._spread = {}, {}, {}, {}
        for k in self.dist:
            if abs(k) >= len(vs):
                raise OracleError(f"distance {k} has no version")

        # production
        self.prod = P.get("production")
        self.H = None
        if self.prod:
            d = self.prod["distances"]
            self.by = d.get("by") if isinstance(d, dict) else None
            if self.by:
                raw = {key(g): histogram(s, pb, vs, live, self.by, key(g)) for g, s in d["slices"].items()}
                groups = np.array([key(v) for v in rows[self.by]])
            else:
                raw = {"*": histogram(d, pb, vs, live)}
                groups = np.array(["*"] * n)
            self.raw = raw
            self.groups = groups
            self.uncovered = {g: max(0.0, 1 - sum(v for k, v in h.items() if k in self.dist)) for g, h in raw.items()}
            self.hist = {}
            for g, h in raw.items():
                s = sum(v for k, v in h.items() if k in self.dist)
                self.hist[g] = {k: h.get(k, 0.0) / s if s > 0 else float("nan") for k in self.dist}
            self.H = {k: np.array([self.hist[g][k] for g in groups]) for k in self.dist}

    # -- versions of a distance
    def versions_of(self, k):
        return (self.versions[0], self.versions[k]) if k >= 0 else (self.versions[-k], self.versions[0])

    def _table(self, side):
        return {"q": "queries", "i": "items"}[side]

    def emb(self, side, version):
        """(matrix, code per eval row, code per catalogue item or None)"""
        if (side, version) in self._emb:
            return self._emb[side, version]
        tw = self.qt if side == "q" else self.it
        ids = self.qid if side == "q" else self.iid
        tn = self._table(side)
        tab = self.tabs.get(tn)
        idc = self.es["columns"]["query" if side == "q" else "item"]
        cat = [key(v) for v in tab[idc]] if tab is not None else None
        if tw.kind == "embeddings":
            e = tw.read(version)
            names = list(e)
            pos = {k: j for j, k in enumerate(names)}
            M = np.stack([e[k] for k in names])
            code = np.array([pos[k] for k in ids])
            cc = np.array([pos[k] for k in cat]) if cat else None
        elif tab is not None:
            M = tw.run(version, tab, list(range(len(cat))))
            pos = {k: j for j, k in enumerate(cat)}
            if len(pos) != len(cat):
                raise OracleError("id twice in " + tn)
            code = np.array([pos[k] for k in ids])
            cc = np.arange(len(cat))
        else:
            if side not in self._idx:
                self._idx[side] = features_index(tw, [version], self.tabs["rows"], self.n)
            reps, code = self._idx[side]
            M = tw.run(version, self.tabs["rows"], reps)
            cc = None
        if not np.all(np.isfinite(M)):
            raise OracleError("non-finite embedding")
        self._emb[side, version] = (M, code, cc)
        return self._emb[side, version]

    def lin(self, qv):
        s = self.scale[qv] if isinstance(self.scale, dict) else self.scale
        b = self.bias[qv] if isinstance(self.bias, dict) else self.bias
        return float(s), float(b)

    def pair(self, qv, iv):
        if (qv, iv) in self._pairs:
            return self._pairs[qv, iv]
        p = Pair()
        Q, qc, _ = self.emb("q", qv)
        I, ic, _ = self.emb("i", iv)
        sc, bi = self.lin(qv)
        s = sc * similarity(self.sim, Q[qc], I[ic]) + bi
        y = self.y
        p.raw = s
        if self.link == "sigmoid":
            p.s = s
            p.p = np.where(s >= 0, 1 / (1 + np.exp(-np.abs(s))), np.exp(-np.abs(s)) / (1 + np.exp(-np.abs(s))))
            p.loss = np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s))) - y * s
        else:
            if self.link == "softmax":
                mx = np.full(len(self.qn), -np.inf)
                np.maximum.at(mx, self.q, s)
                e = np.exp(s - mx[self.q])
                pr = e / np.bincount(self.q, e)[self.q]
                # from the scores, not clipped below; only what rounds to 1 is
                logp = s - mx[self.q] - np.log(np.bincount(self.q, e)[self.q])
                top = np.where(pr >= 1, 1 - CLIP, pr)
                p.p = p.s = pr
                p.loss = -(y * logp + (1 - y) * np.log1p(-top))
            else:
                pr = np.clip(s, CLIP, 1 - CLIP)
                p.p, p.s = pr, s
                p.loss = -(y * np.log(pr) + (1 - y) * np.log1p(-pr))
        p.qv, p.iv = qv, iv
        p.rank = None
        self._pairs[qv, iv] = p
        return p

    def ranks(self, p):
        """per eval row: number of candidates strictly above, number tied (itself included)"""
        if p.rank is not None:
            return p.rank
        a, g = np.zeros(self.n, dtype=np.int64), np.zeros(self.n, dtype=np.int64)
        order = np.argsort(self.q, kind="stable")
        bounds = np.flatnonzero(np.r_[True, np.diff(self.q[order]) != 0, True])
        if self.candidates == "full":
            Q, qc, _ = self.emb("q", p.qv)
            I, ic, cat = self.emb("i", p.iv)
            IC = I[cat]
            sc, bi = self.lin(p.qv)
        for lo, hi in zip(bounds, bounds[1:]):
            r = order[lo:hi]
            s = p.raw[r]
            if self.candidates == "full":
                qv = np.repeat(Q[qc[r[:1]]], len(IC), axis=0)
                allS = sc * similarity(self.sim, qv, IC) + bi
            else:
                allS = s
            srt = np.sort(allS)
            left, right = np.searchsorted(srt, s, "left"), np.searchsorted(srt, s, "right")
            a[r] = len(srt) - right
            g[r] = right - left
            if np.any(g[r] < 1):
                raise OracleError("row not among its candidates")
        p.rank = (a, g)
        return p.rank

    # -- cells
    def cells(self, name):
        """slice name of a rule -> list of (slice dict, mask)"""
        if name == "all":
            return [({}, np.ones(self.n, dtype=bool))]
        cols = [c.strip() for c in name.split("*")]
        for c in cols:
            if c not in self.sl:
                self.sl[c] = np.array([key(v) for v in self.tabs["rows"][c]])
        out = []
        for combo in sorted({t for t in zip(*[self.sl[c] for c in cols])}):
            m = np.ones(self.n, dtype=bool)
            for c, v in zip(cols, combo):
                m &= self.sl[c] == v
            out.append((dict(zip(cols, combo)), m))
        return out


# ------------------------------------------------------------------ metrics.  mix = [(Pair, h per row)], sel = row indices of the cell
# every metric returns (value, influence per selected row)  or, per query, (value, influence per query, query ids, weights)

def mixcol(mix, sel, f):
    return sum(h[sel] * f(p)[sel] for p, h in mix)


def m_mean(P, mix, sel, f):
    w = P.w[sel]
    W = w.sum()
    x = mixcol(mix, sel, f)
    v = (w * x).sum() / W
    return v, w * (x - v) / W


def m_log_loss(P, mix, sel, base):
    return m_mean(P, mix, sel, lambda p: p.loss)


def m_brier(P, mix, sel, base):
    return m_mean(P, mix, sel, lambda p: (p.p - P.y) ** 2)


def entropy(P, sel):
    w, y = P.w[sel], P.y[sel]
    m = (w * y).sum() / w.sum()
    if not 0 < m < 1:
        return float("nan"), np.full(len(sel), np.nan)
    return -(m * math.log(m) + (1 - m) * math.log(1 - m)), math.log((1 - m) / m) * w * (y - m) / w.sum()


def m_ne(P, mix, sel, base):
    L, e = m_log_loss(P, mix, sel, base)
    H, eh = entropy(P, sel)
    return L / H, e / H - L / H ** 2 * eh


def m_info(P, mix, sel, base):
    L, e = m_log_loss(P, mix, sel, base)
    L0, e0 = m_log_loss(P, base, sel, base)
    H, eh = entropy(P, sel)
    v = (H - L) / (H - L0)
    return v, (eh - e) / (H - L0) - v * (eh - e0) / (H - L0)


def m_calibration(P, mix, sel, base):
    w, y = P.w[sel], P.y[sel]
    x = mixcol(mix, sel, lambda p: p.p)
    D = (w * y).sum()
    if D <= 0:
        return float("nan"), np.full(len(sel), np.nan)
    v = (w * x).sum() / D
    return v, w * (x - v * y) / D


def m_shift(P, mix, sel, base):
    w = P.w[sel]
    x, x0 = mixcol(mix, sel, lambda p: p.p), mixcol(base, sel, lambda p: p.p)
    S, S0 = (w * x).sum(), (w * x0).sum()
    return math.log(S / S0), w * x / S - w * x0 / S0


def edges(P):
    if not hasattr(P, "_edges"):
        p0 = P.pair(P.versions[0], P.versions[0]).p
        P._edges = np.quantile(p0, [b / 10 for b in range(1, 10)], method="linear")
        P._group = np.searchsorted(P._edges, p0, side="left")
    return P._edges, P._group


def m_ece(P, mix, sel, base):
    ed, _ = edges(P)
    w, y = P.w[sel], P.y[sel]
    W = w.sum()
    A = np.zeros(10)
    parts = []
    for p, h in mix:
        b = np.searchsorted(ed, p.p[sel], side="left")
        x = w * h[sel] * (p.p[sel] - y)
        A += np.bincount(b, x, 10)
        parts.append((b, x))
    v = np.abs(A).sum() / W
    e = sum(np.sign(A)[b] * x for b, x in parts) / W - v * w / W
    return v, e


def m_log_mae(P, mix, sel, base):
    _, gr = edges(P)
    g, w, y = gr[sel], P.w[sel], P.y[sel]
    W = w.sum()
    x = mixcol(mix, sel, lambda p: p.p)
    Wg, Pg, Yg = np.bincount(g, w, 10), np.bincount(g, w * x, 10), np.bincount(g, w * y, 10)
    l = np.log((Pg + 1) / (Yg + 1))
    v = (Wg / W * np.abs(l)).sum()
    e = w * np.abs(l)[g] / W - v * w / W + (Wg / W * np.sign(l))[g] * (w * x / (Pg + 1)[g] - w * y / (Yg + 1)[g])
    return v, e


def pooled(P, mix, sel):
    s, a, b, r = [], [], [], []
    for p, h in mix:
        hh = h[sel]
        s.append(p.s[sel]); a.append(P.w[sel] * P.y[sel] * hh); b.append(P.w[sel] * (1 - P.y[sel]) * hh); r.append(np.arange(len(sel)))
    s, a, b, r = map(np.concatenate, (s, a, b, r))
    keep = (a + b) > 0
    return s[keep], a[keep], b[keep], r[keep]


def auc_parts(s, a, b):
    A, Bm = a.sum(), b.sum()
    if A <= 0 or Bm <= 0:
        return float("nan"), None
    u, inv = np.unique(s, return_inverse=True)
    ta, tb = np.bincount(inv, a), np.bincount(inv, b)
    below = np.cumsum(tb) - tb
    above = A - np.cumsum(ta)
    fn = ((below + tb / 2) / Bm)[inv]
    sp = ((above + ta / 2) / A)[inv]
    v = (a * fn).sum() / A
    return v, a * (fn - v) / A + b * (sp - v) / Bm


def m_auc(P, mix, sel, base):
    s, a, b, r = pooled(P, mix, sel)
    v, e = auc_parts(s, a, b)
    if e is None:
        return v, np.full(len(sel), np.nan)
    return v, np.bincount(r, e, len(sel))


def ap_parts(s, a, b):
    A = a.sum()
    if A <= 0:
        return float("nan"), None
    u, inv = np.unique(s, return_inverse=True)
    ta, tm = np.bincount(inv, a), np.bincount(inv, a + b)
    T = np.cumsum(ta[::-1])[::-1]
    M = np.cumsum(tm[::-1])[::-1]
    v = (ta * T / M).sum() / A
    G1 = np.cumsum(ta / M)
    G2 = np.cumsum(ta * T / M ** 2)
    e = (a * ((T / M)[inv] - v) + a * G1[inv] - (a + b) * G2[inv]) / A
    return v, e


def m_ap(P, mix, sel, base):
    s, a, b, r = pooled(P, mix, sel)
    v, e = ap_parts(s, a, b)
    if e is None:
        return v, np.full(len(sel), np.nan)
    return v, np.bincount(r, e, len(sel))


ROW = {"log_loss": m_log_loss, "normalized_entropy": m_ne, "information_retained": m_info, "calibration": m_calibration,
       "calibration_shift": m_shift, "ece": m_ece, "brier": m_brier, "roc_auc": m_auc, "average_precision": m_ap, "log_mae": m_log_mae}


# ---- per query: a query's value and weight, split over its relevant items
def q_hit(a, g, K):
    if np.any(a + g <= K):
        return 1.0
    at = a.min()
    m = a == at
    G, r, slots = int(g[m][0]), int(m.sum()), K - int(at)
    if slots <= 0:
        return 0.0
    if slots > G - r:
        return 1.0
    return 1.0 - math.comb(G - r, slots) / math.comb(G, slots)


def q_mrr(a, g):
    at = a.min()
    m = a == at
    G, r = int(g[m][0]), int(m.sum())
    tot = math.comb(G, r)
    return sum(math.comb(G - j, r - 1) / tot / (int(at) + j) for j in range(1, G - r + 2))


class Entries:
    """The relevant items of a cell's queries, query by query: `row` (m,), `u` (m,) the place of its query in `U`, `share` (m,) of the
    query's weight `N` (queries,), `informative` (queries,) where another order of the candidates would have another value."""


def entries(P, metric, sel):
    k = (metric, len(sel), int(sel[0]) if len(sel) else 0, hash(sel.tobytes()))
    if k not in P._entries:
        P._entries[k] = _entries(P, metric, sel)
    return P._entries[k]


def _entries(P, metric, sel):
    name, _, K = metric.partition("@")
    E = Entries()
    E.name, E.K = name, int(K) if K else None
    aligned = P.pair(P.versions[0], P.versions[0])
    if name == "gauc":
        w, y = P.w[sel], P.y[sel]
        wp, wn = np.bincount(P.q[sel], w * y, len(P.qn)), np.bincount(P.q[sel], w * (1 - y), len(P.qn))
        E.U = np.flatnonzero((wp > 0) & (wn > 0))
        E.N = (wp + wn)[E.U]
        pos = sel[w * y > 0]
        o = pos[np.argsort(P.q[pos], kind="stable")]
        o = o[np.isin(P.q[o], E.U)]
        E.row, E.u = o, np.searchsorted(E.U, P.q[o])
        E.share = (P.w[o] * P.y[o]) / wp[P.q[o]]
        E.wp, E.wn, E.sel = wp, wn, sel
        E.informative = np.ones(len(E.U), dtype=bool)
        return E
    pos = sel[P.y[sel] > 0]
    if P.candidates == "full":  # one entry an item, the largest label
        o = pos[np.lexsort((-P.y[pos], P.i[pos], P.q[pos]))]
        o = o[np.r_[True, (np.diff(P.q[o]) != 0) | (np.diff(P.i[o]) != 0)]] if len(o) else o
        E.candidates = lambda U: np.full(len(U), len(P.tabs["items"][P.es["columns"]["item"]]))
    else:
        o = pos[np.argsort(P.q[pos], kind="stable")]
        E.candidates = lambda U: np.bincount(P.q, minlength=len(P.qn))[U]
    E.row = o
    E.U, E.u, n = np.unique(P.q[o], return_inverse=True, return_counts=True)
    E.N = np.ones(len(E.U))
    y = P.y[o]
    C = E.candidates(E.U)
    E.C = C
    if name == "recall":
        E.share = 1 / n[E.u]
    elif name in ("hit", "ndcg"):
        E.share = y / np.bincount(E.u, y, len(E.U))[E.u]
    elif name != "mrr":
        raise ValueError(f"_entries() lacks a branch of {name}")
    else:
        a, _ = P.ranks(aligned)
        at = np.full(len(E.U), 1 << 60)
        np.minimum.at(at, E.u, a[o])
        first = (a[o] == at[E.u]).astype(float)
        E.share = first / np.bincount(E.u, first, len(E.U))[E.u]
    E.informative = C > n
    if name in ("recall", "hit"):
        E.informative &= C > E.K
    if name == "ndcg" and len(o):
        lo, hi = np.full(len(E.U), np.inf), np.full(len(E.U), -np.inf)
        np.minimum.at(lo, E.u, y)
        np.maximum.at(hi, E.u, y)
        E.informative |= lo < hi
    return E


def parts(P, E, pair):
    """what every relevant item adds to its query's value under one pure version; pair None: all candidates tie"""
    name, K, o = E.name, E.K, E.row
    if name == "gauc":
        if pair is None:
            return E.share / 2
        x = np.zeros(len(o))
        order = E.sel[np.argsort(P.q[E.sel], kind="stable")]
        cuts = np.searchsorted(P.q[order], E.U, "left"), np.searchsorted(P.q[order], E.U, "right")
        for j, u in enumerate(E.U):
            r, m = order[cuts[0][j]:cuts[1][j]], E.u == j
            neg = P.w[r] * (1 - P.y[r])
            s, t = pair.raw[r], pair.raw[o[m]]
            place = (neg[None, :] * ((s[None, :] < t[:, None]) + .5 * (s[None, :] == t[:, None]))).sum(axis=1)
            x[m] = E.share[m] * place / E.wn[u]
        return x
    if pair is None:
        a, g = np.zeros(len(o), dtype=np.int64), E.C[E.u]
    else:
        a, g = (t[o] for t in P.ranks(pair))
    if name == "recall":
        return np.clip(K - a, 0, g) / g * E.share
    if name == "ndcg":
        disc = np.r_[0, np.cumsum(1 / np.log2(np.arange(1, K + 1) + 1))]
        y = P.y[o]
        ideal = np.zeros(len(E.U))
        for j in range(len(E.U)):
            top = np.sort(y[E.u == j])[::-1][:K]
            ideal[j] = (top * np.diff(disc)[:len(top)]).sum()
        return y * (disc[np.minimum(a + g, K)] - disc[np.minimum(a, K)]) / g / ideal[E.u]
    if name not in ("hit", "mrr"):
        raise ValueError(f"parts() lacks a branch of {name}")
    f = (lambda m: q_hit(a[m], g[m], K)) if name == "hit" else (lambda m: q_mrr(a[m], g[m]))
    X = np.array([f(E.u == j) for j in range(len(E.U))])
    return X[E.u] * E.share


def m_query(P, metric, mix, sel):
    """value, influence of every entry, the entries; a mix whose pair is None is a random order"""
    E = entries(P, metric, sel)
    W = E.N.sum()
    if len(E.U) == 0 or W <= 0:
        return float("nan"), np.zeros(0), E
    # histogram of a query: mean over its rows in the cell (constant within a query in sane data)
    cnt = np.bincount(P.q[sel], minlength=len(P.qn))
    tot = np.zeros(len(E.row))
    for p, h in mix:
        k = (id(E), None if p is None else (p.qv, p.iv))
        if k not in P._parts:
            P._parts[k] = parts(P, E, p)
        hq = np.bincount(P.q[sel], h[sel], len(P.qn)) / np.maximum(cnt, 1)
        tot += hq[E.U][E.u] * P._parts[k]
    v = (E.N[E.u] * tot).sum() / W
    return v, E.N[E.u] * (tot - v * E.share) / W, E


# ------------------------------------------------------------------ errors
def geff(codes, d):
    s = np.bincount(codes, d)
    return float(s.sum() ** 2 / (s ** 2).sum()) if (s ** 2).sum() > 0 else 0.0


# what 1,024 hash buckets may make of exact clusters: realisations of the hash
TABLES = 60
_HT = {}


def hash_table(way, n):
    """(TABLES, n) buckets of n clusters of one way, offset by B a table"""
    if way not in _HT or _HT[way].shape[1] < n:
        _HT[way] = np.random.default_rng([12345, way]).integers(0, B, (TABLES, max(n, 8192)), dtype=np.int64) + B * np.arange(TABLES)[:, None]
    return _HT[way][:, :n]


class Way:
    """sums a cluster (or bucket) of one way: e, h, r = sum of squared pairs of e, k = of h; (tables, clusters) each"""

    def __init__(self, e, h, r, k, factor=1.0):
        self.e, self.h, self.r, self.k, self.factor = e, h, r, k, factor

    def table(self, way, buckets=None):
        n = self.e.shape[1]
        if buckets is None:
            at, T, nb = hash_table(way, n), TABLES, B
        else:
            at, T, nb = buckets[None, :n], 1, B
        f = lambda x: np.bincount(at.ravel(), np.tile(x[0], T), T * nb).reshape(T, nb)
        return Way(f(self.e), f(self.h), f(self.r), f(self.k), nb / (nb - 1))

    def sums(self, R, rho):
        """-> M and H3/H2^1.5, a table each"""
        h, ok = self.h, self.h > 0
        ih = np.where(ok, 1 / np.where(ok, h, 1), 0)
        H2, H3 = (h ** 2).sum(axis=1), (h ** 3).sum(axis=1)
        N = self.factor * (self.e ** 2).sum(axis=1) - R
        up = ((self.e ** 2 - self.r) * ih).sum(axis=1)
        down = ((h ** 2 - self.k) * (1 - 2 * h + H2[:, None]) * ih).sum(axis=1)
        Pool = np.where(down > 1e-15, (H2 - rho) * up / np.where(down > 1e-15, down, 1), 0)
        return np.maximum(0, np.maximum(N, Pool)), H3 / np.where(H2 > 0, H2, 1) ** 1.5


def spread(q, i, e, h, d, tables=False, buckets=None):
    """standard error and skewness, [0] of exact clusters and the rest of the hash tables; degrees of freedom of exact clusters"""
    pairs, at = np.unique(q.astype(np.int64) * (int(i.max()) + 1) + i, return_inverse=True)
    pe, ph = np.bincount(at, e), np.bincount(at, h)
    pq, pi = pairs // (int(i.max()) + 1), pairs % (int(i.max()) + 1)
    R, rho = (pe ** 2).sum(), (ph ** 2).sum()
    # what is rounding alone is no error
    tiny = 1e-24 * rho

    def way(c):
        n = int(c.max()) + 1
        f = lambda x: np.bincount(c, x, n)[None, :]
        return Way(f(pe), f(ph), f(pe ** 2), f(ph ** 2))
    ways = [(way(pq), 0), (way(pi), 1)]
    runs = [[w for w, _ in ways]]
    if buckets is not None:
        runs = [[w.table(j, buckets[j]) for w, j in ways]]
    elif tables:
        runs.append([w.table(j) for w, j in ways])
    df = min(B, geff(q, d), geff(i, d)) - 1
    se, g = [], []
    for wq, wi in runs:
        (Mq, sq), (Mi, si) = wq.sums(R, rho), wi.sums(R, rho)
        V = R + Mq + Mi
        V = np.where(V > tiny, V, 0)
        iv = 1 / np.where(V > 0, V, 1)
        se.append(np.sqrt(V))
        g.append((Mq * iv) ** 1.5 * sq + (Mi * iv) ** 1.5 * si)
    return np.concatenate(se), np.concatenate(g), df


def is_query_metric(m):
    return m.split("@")[0] in PER_QUERY or m in ("gauc", "mrr")


def finite(x):
    return x is not None and isinstance(x, (int, float, np.floating)) and math.isfinite(x)


def clean(x):
    return float(x) if finite(x) else None


def evaluate(P, metric, mix, sel):
    """-> value, influences, the same at distance 0, and of every entry: cluster q, item i, share of weight h, denominator D"""
    base = [(P.pair(P.versions[0], P.versions[0]), np.ones(P.n))]
    if is_query_metric(metric):
        v, e, E = m_query(P, metric, mix, sel)
        v0, e0, _ = m_query(P, metric, base, sel)
        w = E.N[E.u] * E.share
        return dict(v=v, e=e, v0=v0, e0=e0, q=P.qcluster[E.U][E.u], i=P.i[E.row], h=w / w.sum() if len(w) else w, D=w * E.informative[E.u])
    f = ROW[metric]
    v, e = f(P, mix, sel, base)
    if metric == "calibration_shift":
        v0, e0 = 0.0, np.zeros(len(sel))
    elif metric == "information_retained":
        v0, e0 = 1.0, np.zeros(len(sel))
    else:
        v0, e0 = f(P, base, sel, base)
    w = P.w[sel]
    p0 = base[0][0]
    # the statistic's denominator: what a relative change is relative to, of calibration the positives, else the weight
    D = {"log_loss": p0.loss, "normalized_entropy": p0.loss, "information_retained": p0.loss, "brier": (p0.p - P.y) ** 2, "calibration_shift": p0.p,
         "calibration": P.y}.get(metric, np.ones(P.n))
    return dict(v=v, e=e, v0=v0, e0=e0, q=P.c[sel], i=P.i[sel], h=w / w.sum() if w.sum() > 0 else w, D=w * D[sel])


class Estimate:
    """a contrast: theta, and se and g of exact clusters [0] and of the hash tables; theta None: undefined"""
    theta, v, v0 = None, None, None

    def reach(self, alpha, k=0, scale=1.0):
        """how far the bound of the passing side stands from theta; None where there is no interval"""
        if self.theta is None or self.unknown:
            return None
        if self.se[k] == 0:
            return 0.0
        if self.df <= 0:
            return None
        t = stats.t.ppf(1 - alpha, self.df)
        return self.se[k] * scale * (t + self.g[k] * (2 * t * t + 1) / 6)

    def bounds(self, alpha, k=0, scale=1.0):
        r = self.reach(alpha, k, scale)
        return (None, None) if r is None else (self.theta - r, self.theta + r)

    def sf(self, x, k=0, scale=1.0):
        """P(T > x): the tail of a claim that the margin is violated"""
        if self.se[k] == 0:
            return 0.0 if x > 0 else 1.0
        return float(stats.t.sf(x / (self.se[k] * scale), self.df))

    def extremes(self, alpha):
        """tables of the least and of the largest reach"""
        r = [self.reach(alpha, k) for k in range(len(self.se))]
        r = [x if x is not None else float("inf") for x in r]
        return int(np.argmin(r)), int(np.argmax(r))


def differ(P, mix, sel):
    """whether any score of the cell is another than the aligned one"""
    s0 = P.pair(P.versions[0], P.versions[0]).raw[sel]
    return any(np.any((p.raw[sel] != s0) & (h[sel] > 0)) for p, h in mix)


def contrast(P, theta, e, r, mix, sel):
    E = Estimate()
    E.v, E.v0, E.unknown = r["v"], r["v0"], False
    if not finite(theta) or not np.all(np.isfinite(e)) or len(e) == 0:
        return E
    E.theta = float(theta)
    E.q, E.i, E.e, E.h, E.D = r["q"], r["i"], e, r["h"], r["D"]
    E.se, E.g, E.df = spread(r["q"], r["i"], e, r["h"], r["D"], P.hash_ranges, P.buckets)
    # no error at all between versions that differ is no interval
    E.unknown = bool(E.se[0] == 0 and mix is not None and differ(P, mix, sel))
    return E


def estimate(P, metric, mix, sel, unit, what="change"):
    """the change in `unit`, or the value"""
    r = evaluate(P, metric, mix, sel)
    v, v0 = r["v"], r["v0"]
    if what == "value":
        th, e = v, r["e"]
    elif unit == "relative":
        if not finite(v0) or v0 == 0:
            return contrast(P, float("nan"), r["e"], r, mix, sel)
        th, e = v / v0 - 1, r["e"] / v0 - v / v0 ** 2 * r["e0"]
    else:
        th, e = v - v0, r["e"] - r["e0"]
    return contrast(P, th, e, r, mix, sel)


# ------------------------------------------------------------------ skill at distance 0
def skill(P, metric, sel):
    """the contrast whose lower bound must be above 0 for the aligned model to have skill"""
    family = metric if is_query_metric(metric) else "auc" if metric in ("roc_auc", "average_precision") else "entropy"
    k = (family, len(sel), hash(sel.tobytes()))
    if k in P._skill:
        return P._skill[k]
    aligned = P.pair(P.versions[0], P.versions[0])
    base = [(aligned, np.ones(P.n))]
    if family == "entropy" and P.link == "identity" and np.any((aligned.raw[sel] < 0) | (aligned.raw[sel] > 1)):
        family = "auc"
    if is_query_metric(metric):
        r = evaluate(P, metric, base, sel)
        v, e, _ = m_query(P, metric, [(None, np.ones(P.n))], sel)
        th, e = r["v"] - v, r["e"] - e
    elif family == "auc":
        r = evaluate(P, "roc_auc", base, sel)
        th, e = r["v"] - .5, r["e"]
    else:
        r = evaluate(P, "normalized_entropy", base, sel)
        th, e = 1 - r["v"], -r["e"]
    P._skill[k] = contrast(P, th, e, r, None, sel)
    return P._skill[k]


def skilled(E, alpha, k=0, scale=1.0):
    if E.theta is None:
        return False
    lo, _ = E.bounds(alpha, k, scale)
    return bool(lo is not None and lo > 0)


# ------------------------------------------------------------------ margins that a model without skill keeps
def chance(P, metric):
    """what a model without skill would have over all rows; None where the metric does not say"""
    sel = np.arange(P.n)
    w, y = P.w, P.y
    p = (w * y).sum() / w.sum()
    if metric == "log_loss":
        return entropy(P, sel)[0]
    if is_query_metric(metric):
        return m_query(P, metric, [(None, np.ones(P.n))], sel)[0]
    return {"normalized_entropy": 1.0, "brier": p * (1 - p), "roc_auc": .5, "average_precision": p, "information_retained": 0.0}.get(metric)


def allows_anything(P, rule):
    op, m, unit = rule_margin(rule)
    c = chance(P, rule["metric"])
    if op in ("min", "max") or c is None or not finite(c):
        return False
    v0 = evaluate(P, rule["metric"], [(P.pair(P.versions[0], P.versions[0]), np.ones(P.n))], np.arange(P.n))["v0"]
    if not finite(v0) or unit == "relative" and v0 == 0:
        return False
    d = c / v0 - 1 if unit == "relative" else c - v0
    return bool({"max_increase": d <= m, "max_decrease": -d <= m, "max_change": abs(d) <= m}[op])


# ------------------------------------------------------------------ evidence
NEAR = 0.12


def evidence(P, metric, sel):
    """positives, effective clusters and items of what could move; None for a ranking that no query can move"""
    if is_query_metric(metric):
        E = entries(P, metric, sel)
        on = E.informative[E.u] if len(E.row) else np.zeros(0, dtype=bool)
        if not on.any():
            return None
        r, w = E.row[on], (E.N[E.u] * E.share)[on]
        return int((P.w[r] > 0).sum()), geff(P.qcluster[E.U][E.u][on], w), geff(P.i[r], w), int(E.informative.sum())
    w = P.w[sel]
    return int(((P.y[sel] > 0) & (w > 0)).sum()), geff(P.c[sel], w), geff(P.i[sel], w), None


def floors(P, metric, sel):
    """-> (reasons, whether an effective number is so near its floor that hashing may cross it)"""
    if metric == "average_precision" and not np.any(P.w[sel] * (1 - P.y[sel]) > 0):
        return ["cannot move"], False
    ev = evidence(P, metric, sel)
    if ev is None:
        return ["cannot move"], False
    limits = ((ev[0], FLOOR_POS, "positives"), (ev[1], FLOOR_Q, "query clusters"), (ev[2], FLOOR_I, "items"))
    bad = [n for x, f, n in limits if x < f]
    far = ev[0] < FLOOR_POS or any(x < f * (1 - NEAR) for x, f, _ in limits[1:])
    near = not far and any(abs(x / f - 1) < NEAR for x, f, _ in limits[1:])
    return bad, near


# ------------------------------------------------------------------ judgement
def judge(findings, alpha, pick=lambda E: (0, 1.0), near=None, whole=True):
    """verdict of every finding.  pick: estimate -> (hash table, factor of the reach); near: what findings near a floor are (None: as counted);
    whole: whether Holm's family holds the rules on values that would pass, had the model skill"""
    out = [None] * len(findings)
    fam = []
    for j, f in enumerate(findings):
        E = f["_E"]
        floor = f["_floor"] if not f["_near"] or near is None else near
        if f["_anything"] or floor or f["_uncovered"] or E.theta is None:
            out[j] = "inconclusive"
            continue
        k, sc = pick(E)
        lo, up = E.bounds(alpha, k, sc)
        if lo is None:
            out[j] = "inconclusive"
            continue
        able = skilled(f["_S"], alpha, *(pick(f["_S"]) if f["_S"].theta is not None else (0, 1.0)))
        if not able and f["op"] not in ("min", "max"):
            out[j] = "inconclusive"
            continue
        th, m, op = E.theta, f["margin"], f["op"]
        sf = lambda x: E.sf(x, k, sc)
        if op in ("max_increase", "max"):
            ok, p = up <= m, sf(th - m)
        elif op == "max_decrease":
            ok, p = -lo <= m, sf(-th - m)
        elif op == "min":
            ok, p = lo >= m, sf(m - th)
        else:
            ok, p = up <= m and lo >= -m, min(sf(th - m), sf(-th - m))
        f["_p"] = p
        if whole or able or not ok:
            fam.append((p, j))
        out[j] = "open" if not ok else "pass" if able else "inconclusive"
    fam.sort()
    n = len(fam)
    rejecting = True
    for r, (p, j) in enumerate(fam):
        rejecting = rejecting and p <= alpha / (n - r) and p < 0.5
        if out[j] == "open":
            out[j] = "fail" if rejecting else "inconclusive"
    return out


def overall(verdicts, levels):
    req = [v for v, l in zip(verdicts, levels) if l != "warn"]
    return "not_ready" if "fail" in req else "inconclusive" if "inconclusive" in req else "ready"


def overall_possible(sets, levels):
    """every verdict that some choice of possible verdicts gives"""
    req = [set(s) for s, l in zip(sets, levels) if l != "warn"]
    out = set()
    if all("pass" in s for s in req):
        out.add("ready")
    if any("fail" in s for s in req):
        out.add("not_ready")
    if all(s - {"fail"} for s in req) and any("inconclusive" in s for s in req):
        out.add("inconclusive")
    return sorted(out)


def alike(P, d):
    """whether two versions that the distance compares embed alike, which the gate may refuse to judge"""
    ks = {0, d} if d != "production" else {0} | {k for k in P.dist if np.any(P.H[k] > 0)}
    raws = [P.pair(*P.versions_of(k)).raw for k in sorted(ks)]
    near = lambda a, b: np.linalg.norm(a - b) <= 1e-4 * np.linalg.norm(a)
    return not P.ck.get("allow_identical_versions") and any(near(a, b) for j, a in enumerate(raws) for b in raws[:j])


OPS = ("max_increase", "max_decrease", "max_change", "min", "max")


def rule_margin(rule):
    op = next(o for o in OPS if o in rule)
    m, pct = parse_margin(rule[op])
    if rule["metric"] == "calibration_shift":
        return op, (math.log(1 + m) if pct else m), "absolute"
    return op, m, ("relative" if pct else "absolute")


def half_widths(E, alpha):
    """least and largest reach of the hash tables over the exact one"""
    r0 = E.reach(alpha) if E.theta is not None else None
    if not r0:
        return [1.0, 1.0]
    r = [E.reach(alpha, k) or r0 for k in range(len(E.se))]
    return [min(r) / r0, max(r) / r0]


def run(policy_path, release_path, want_curve=True, buckets=None):
    P = Problem(policy_path, release_path)
    P.hash_ranges = want_curve
    P.buckets = buckets(P) if buckets else None
    rules = P.ck["require"]
    metrics, units = [], {}
    for r in rules:
        op, m, u = rule_margin(r)
        if r["metric"] not in metrics:
            metrics.append(r["metric"])
        if op.startswith("max_") and r["metric"] not in units:
            units[r["metric"]] = u
    for m in metrics:
        units.setdefault(m, "absolute")
    # cells of the curve
    names = ["all"] + list(P.slicecols)
    for r in rules:
        for s in r.get("slices") or ["all"]:
            if s not in names:
                names.append(s)
    cells = {}
    for nm in names:
        cells[nm] = [(sl, np.flatnonzero(mask)) for sl, mask in P.cells(nm)]
    ones = np.ones(P.n)

    def mixes(d):
        """(mix, aligned old mix or None)"""
        if d == "production":
            mix = [(P.pair(*P.versions_of(k)), P.H[k]) for k in P.dist if np.any(P.H[k] > 0)]
            old = []
            for k in P.dist:
                if np.any(P.H[k] > 0):
                    v = P.versions[abs(k)]
                    if not (P.qt.exists(v) and P.it.exists(v)):
                        return mix, None
                    old.append((P.pair(v, v), P.H[k]))
            return mix, old
        mix = [(P.pair(*P.versions_of(d)), ones)]
        v = P.versions[abs(d)]
        return mix, ([(P.pair(v, v), ones)] if P.qt.exists(v) and P.it.exists(v) else None)

    dists = list(P.dist) + (["production"] if P.prod else [])
    mx = {d: mixes(d) for d in dists}
    curve = []
    if want_curve:
        for m in metrics:
            for nm in names:
                for sl, sel in cells[nm]:
                    pos = int((P.y[sel] > 0).sum())
                    ev = evidence(P, m, sel)
                    for d in dists:
                        mix, old = mx[d]
                        e = estimate(P, m, mix, sel, units[m])
                        lo, up = e.bounds(P.alpha)
                        se, df, g = (float(x) for x in (e.se[0], e.df, e.g[0])) if e.theta is not None else (None, None, None)
                        ent = dict(metric=m, slice=sl, distance=d, value=clean(e.v), at_zero=clean(e.v0), change=e.theta, unit=units[m],
                                   lower=lo, upper=up, se=se, df=df, skewness=g, stale=None, incompatible=None,
                                   mde=None if se is None else (stats.norm.ppf(1 - P.alpha) + stats.norm.ppf(0.8)) * se,
                                   half_width_range=half_widths(e, P.alpha), rows=int(len(sel)), positives=pos, evidence=ev)
                        if old is not None and finite(e.v):
                            o = evaluate(P, m, old, sel)["v"]
                            z = e.v0 if units[m] == "relative" else 1.0
                            if finite(o) and z:
                                ent["stale"], ent["incompatible"] = clean((o - e.v0) / z), clean((e.v - o) / z)
                        if d == "production" and not P.by:
                            # only where one histogram rules the cell
                            ent["average_of_pure"] = clean(sum(P.hist["*"][k] * evaluate(P, m, mx[k][0], sel)["v"] for k in P.dist if P.hist["*"][k] > 0))
                        curve.append(ent)
    # findings
    required = [r for r in rules if r.get("level", "fail") != "warn"]
    anything = bool(required) and all(allows_anything(P, r) for r in required)
    findings = []
    for j, r in enumerate(rules):
        op, margin, u = rule_margin(r)
        for nm in r.get("slices") or ["all"]:
            for sl, sel in cells[nm]:
                at = r.get("at", "production" if P.prod else "each")
                if at == "production":
                    ds = ["production"]
                elif at == "each":
                    if P.prod:
                        gs = set(P.groups[sel])
                        ds = [k for k in P.dist if any(P.raw[g].get(k, 0) > 0 for g in gs)]
                    else:
                        ds = list(P.dist)
                else:
                    ds = at if isinstance(at, list) else [at]
                fl, near = floors(P, r["metric"], sel)
                S = skill(P, r["metric"], sel)
                for d in ds:
                    e = estimate(P, r["metric"], mx[d][0], sel, u, "value" if op in ("min", "max") else "change")
                    lo, up = e.bounds(P.alpha)
                    unc = bool(d == "production" and any(P.uncovered[g] > UNCOVERED + 1e-12 for g in set(P.groups[sel])))
                    findings.append(dict(rule=j, metric=r["metric"], slice=sl, at=d, change=e.theta, lower=lo, upper=up, margin=margin, unit=u, level=r.get("level", "fail"),
                                         op=op, evidence=evidence(P, r["metric"], sel), _E=e, _S=S, _floor=fl, _near=near, _alike=alike(P, d), _uncovered=unc, _anything=anything))
    verd = judge(findings, P.alpha)
    sets = [{v} for v in verd]

    def scenario(pick):
        for near, whole in ((None, True), (None, False), (True, True), (False, True)):
            for st, v in zip(sets, judge(findings, P.alpha, pick, near, whole)):
                st.add(v)
    if want_curve:
        for k in range(1 + TABLES):
            scenario(lambda E: (min(k, len(E.se) - 1), 1.0))
        scenario(lambda E: (E.extremes(P.alpha)[0], .95))
        scenario(lambda E: (E.extremes(P.alpha)[1], 1.05))
        judge(findings, P.alpha)
    for f, st in zip(findings, sets):
        if f["_alike"]:
            st.add("inconclusive")
    for f, v, st in zip(findings, verd, sets):
        E, S = f["_E"], f["_S"]
        f["verdict"], f["possible"] = v, sorted(st)
        f["skill"] = dict(theta=S.theta, lower=S.bounds(P.alpha)[0], shown=skilled(S, P.alpha))
        f["reason"] = ("anything passes" if f["_anything"] else "floor: " + ", ".join(f["_floor"]) if f["_floor"] else "uncovered" if f["_uncovered"] else
                       "null" if E.theta is None else "no error" if E.unknown else "" if f["skill"]["shown"] else "no skill")
        f["near_floor"] = bool(f["_near"])
        f["se"], f["df"] = (float(E.se[0]), float(E.df)) if E.theta is not None else (None, None)
        f["p"] = f.get("_p")
        for kk in [k for k in f if k.startswith("_")]:
            del f[kk]
    levels = [f["level"] for f in findings]
    vo = overall(verd, levels)
    oni = P.ck.get("on_inconclusive", "fail")
    return {"verdict": vo, "verdicts": overall_possible(sets, levels), "exit": 0 if vo == "ready" or (vo == "inconclusive" and oni == "warn") else 1, "on_inconclusive": oni,
            "eval_set": {"rows": P.n, "positives": int((P.y > 0).sum()), "queries": len(P.qn), "items": len(P.inames),
                         "items_table": len(P.tabs["items"][P.es["columns"]["item"]]) if "items" in P.tabs else None,
                         "queries_table": len(P.tabs["queries"][P.es["columns"]["query"]]) if "queries" in P.tabs else None},
            "distances": P.dist, "confidence": 1 - P.alpha, "uncovered": P.uncovered if P.prod else None, "histograms": {g: {str(k): v for k, v in h.items()} for g, h in P.raw.items()} if P.prod else None,
            "curve": curve, "findings": findings}


def expected(out):
    """what a golden project keeps: every value of the curve, every verdict that is possible"""
    figure = lambda x: float(f"{x:.12g}") if isinstance(x, float) else x
    keep = ("metric", "slice", "distance", "value", "at_zero", "change", "unit", "stale", "incompatible", "rows", "positives")
    return {"verdicts": out["verdicts"], "curve": [{k: figure(c[k]) for k in keep} for c in out["curve"]],
            "findings": [{k: f[k] for k in ("rule", "slice", "at", "possible")} for f in out["findings"]]}


if __name__ == "__main__":
    out = run(sys.argv[1], sys.argv[2])
    json.dump(expected(out) if "--expected" in sys.argv else out, sys.stdout, indent=1, allow_nan=False)
    print()
