#!/usr/bin/env python3
"""make_cases.py OUTDIR --n N --seed S [--start I]: random self-contained cases for the skewgate oracle."""
import sys, os, json, csv, math, argparse, shutil, hashlib
import numpy as np
import yaml, onnx
from onnx import helper as oh, numpy_helper as nh, TensorProto as TP
import pyarrow as pa, pyarrow.parquet as pq
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle


def sha(p):
    return hashlib.sha256(open(p, "rb").read()).hexdigest()


# ------------------------------------------------------------------ tables
PAT = {"f32": pa.float32(), "f64": pa.float64(), "i32": pa.int32(), "i64": pa.int64(), "bool": pa.bool_(), "str": pa.string(), "i8": pa.int8(), "u32": pa.uint32()}


def pa_type(t):
    if isinstance(t, tuple):  # ("list", elem, fixed or None)
        return pa.list_(PAT[t[1]], t[2]) if t[2] else pa.list_(PAT[t[1]])
    return PAT[t]


def write_table(rng, path, cols, fmt):
    """cols: name -> (type, list)"""
    if fmt == "parquet":
        arrs, names = [], []
        for n, (t, v) in cols.items():
            a = pa.array(v, type=pa_type(t))
            if t == "str" and rng.random() < .15:
                a = a.dictionary_encode()
            elif t == "str" and rng.random() < .1:
                a = a.cast(pa.large_string())
            arrs.append(a); names.append(n)
        tab = pa.table(arrs, names=names)
        codec = rng.choice(["snappy", "zstd", "gzip", "lz4", "brotli", "none"])
        kw = dict(compression=codec, use_dictionary=bool(rng.random() < .5), data_page_version=str(rng.choice(["1.0", "1.0", "2.0"])),
                  version=str(rng.choice(["1.0", "2.4", "2.6"])), write_statistics=bool(rng.random() < .7))
        if rng.random() < .6:
            kw["row_group_size"] = int(rng.choice([64, 500, 2000]))
        if rng.random() < .12:
            kw["use_dictionary"] = False
            kw["column_encoding"] = {n: "DELTA_BINARY_PACKED" if t in ("i32", "i64") else "DELTA_LENGTH_BYTE_ARRAY" if t == "str" else "BYTE_STREAM_SPLIT"
                                     for n, (t, v) in cols.items() if t in ("i32", "i64", "str", "f32", "f64") and not pa.types.is_large_string(tab.schema.field(n).type) and not pa.types.is_dictionary(tab.schema.field(n).type)}
        pq.write_table(tab, path, **kw)
        return f"parquet/{codec}/dict={kw['use_dictionary']}/v{kw['data_page_version']}" + ("/delta" if "column_encoding" in kw else "")
    if fmt == "csv":
        bom, crlf = rng.random() < .15, rng.random() < .3
        with open(path, "w", newline="", encoding="utf-8-sig" if bom else "utf-8") as f:
            w = csv.writer(f, lineterminator="\r\n" if crlf else "\n")
            w.writerow(cols)
            for row in zip(*[v for _, v in cols.values()]):
                w.writerow([("true" if x else "false") if isinstance(x, bool) else repr(x) if isinstance(x, float) else x for x in row])
        return "csv"
    with open(path, "w", encoding="utf-8") as f:
        names = list(cols)
        asc = bool(rng.random() < .5)
        for row in zip(*[v for _, v in cols.values()]):
            f.write(json.dumps(dict(zip(names, row)), ensure_ascii=asc) + "\n")
    return "jsonl"


EXT = {"parquet": "parquet", "csv": "csv", "jsonl": "jsonl"}


# ------------------------------------------------------------------ features and towers
def f4(x):
    """a python float that is exact in float32"""
    return float(np.float32(round(float(x), 4)))


VOC = ["alpha", "Beta", "gamma delta", "épsilon", "zeta,eta", "theta\"q", "iota", "kappa", "lambda", "мю", "nu", "xi"]


def make_feature(rng, side, j, kind, allow_list):
    pre = side + "_"
    name = pre + kind + str(j)
    f = dict(kind=kind, name=name, rank=int(rng.choice([1, 2])))
    if kind in ("i64", "i32", "u_i32"):
        f["card"] = int(rng.integers(5, 40))
    if kind == "str":
        f["vocab"] = VOC[:int(rng.integers(4, len(VOC) + 1))]
    if kind == "vec":
        f["k"] = int(rng.integers(2, 6))
    if kind == "dense":
        f["k"] = int(rng.integers(2, 4))
    if kind == "ragged":
        f["card"] = int(rng.integers(10, 50))
        f["mask"] = bool(rng.random() < .7)
        f["length"] = int(rng.choice([3, 5, 8])) if rng.random() < .5 else None
        f["masktype"] = str(rng.choice(["i64", "f32", "bool", "i32"]))
        f["pad"] = int(rng.choice([0, 0, f["card"] - 1])) if f["mask"] else 0
        f["tok"] = str(rng.choice(["i64", "i32"]))
        f["empty"] = bool(rng.random() < .4)
    f["alias"] = bool(rng.random() < .4)  # the column bears another name than the input
    return f


def sample_values(rng, f, n):
    """-> columns name -> (type, values)"""
    k = f["kind"]
    col = ("col_" + f["name"]) if f["alias"] else f["name"]
    f["col"] = col
    if k in ("f32", "f64"):
        t = f.setdefault("ct", str(rng.choice(["f32", "f64"])) if k == "f32" else "f64")
        return {col: (t, [f4(x) for x in rng.normal(size=n)])}
    if k in ("i64", "i32"):
        t = f.setdefault("ct", str(rng.choice(["i64", "i32"])))
        return {col: (t, [int(x) for x in rng.integers(0, f["card"], n)])}
    if k == "bool":
        return {col: ("bool", [bool(x) for x in rng.random(n) < .4])}
    if k == "str":
        return {col: ("str", [str(f["vocab"][x]) for x in rng.integers(0, len(f["vocab"]), n)])}
    if k == "vec":
        t = f.setdefault("ct", ("list", str(rng.choice(["f32", "f64"])), f["k"] if rng.random() < .4 else None))
        return {col: (t, [[f4(x) for x in r] for r in rng.normal(size=(n, f["k"]))])}
    if k == "dense":
        ts = f.setdefault("cts", [str(x) for x in rng.choice(["f32", "f64", "i32", "bool"], f["k"])])
        out = {}
        f["cols"] = [f"{col}_{c}" for c in range(f["k"])]
        for c, t in zip(f["cols"], ts):
            out[c] = (t, [f4(x) for x in rng.normal(size=n)] if t[0] == "f" else [int(x) for x in rng.integers(-2, 3, n)] if t == "i32" else [bool(x) for x in rng.random(n) < .5])
        return out
    if k == "ragged":
        t = f.setdefault("ct", ("list", str(rng.choice(["i64", "i32"])), None))
        lo = 0 if f["empty"] else 1
        ln = rng.integers(lo, 9, n)
        if n:
            ln[0] = max(1, ln[0])
        return {col: (t, [[int(x) for x in rng.integers(1, f["card"], l)] for l in ln])}
    raise ValueError(k)


def input_spec(f):
    k = f["kind"]
    if k == "dense":
        return list(f["cols"])
    if k == "ragged":
        s = {"column": f["col"], "pad": f["pad"]}
        if f["length"]:
            s["length"] = f["length"]
        if f["mask"]:
            s["mask"] = f["name"] + "_mask"
        return s
    return f["col"] if f["alias"] else None


def init_params(rng, feats, hid, d, tail, ties):
    p = {}
    width = 0
    for f in feats:
        k = f["kind"]
        if k in ("i64", "i32", "ragged"):
            e = d if ties else 4
            p["E_" + f["name"]] = rng.normal(size=(f["card"], e)) * (1.0 if ties else .8)
            if k == "ragged" and not f["mask"]:
                p["E_" + f["name"]][0] = 0
            width += e
        elif k == "str":
            p["E_" + f["name"]] = rng.normal(size=(len(f["vocab"]) + 1, 4)) * .8
            width += 4
        elif k in ("vec", "dense"):
            width += f["k"]
        else:
            width += 1
    if not ties:
        p["W1"] = rng.normal(size=(width, hid)) / math.sqrt(width)
        p["b1"] = rng.normal(size=(hid,)) * .2
        p["W2"] = rng.normal(size=(hid, d)) / math.sqrt(hid) * 1.5
        p["b2"] = rng.normal(size=(d,)) * .2
    return p


def drift(rng, p, sigma, ties):
    out = {}
    for k, v in p.items():
        nv = v + sigma * np.std(v) * rng.normal(size=v.shape)
        if k.startswith("E_") and np.all(v[0] == 0):
            nv[0] = 0
        out[k] = nv
    return out


def build_tower(feats, p, d, opt):
    """opt: act, tail (None|sigmoid), T (max_sim vectors or None), out (f32|f64|f16), batch (None|int), extra outputs, outname, ties"""
    nodes, inits, inputs, parts = [], [], [], []
    cnt = [0]

    def const(name, arr):
        inits.append(nh.from_array(np.asarray(arr), name)); return name

    def node(op, ins, **kw):
        cnt[0] += 1
        o = f"t{cnt[0]}"
        dom = kw.pop("domain", None)
        nodes.append(oh.make_node(op, ins, [o], **({"domain": dom} if dom else {}), **kw))
        return o
    bd = opt["batch"] if opt["batch"] else "batch"
    q = (lambda a: (np.round(a * 4) / 4)) if opt["ties"] else (lambda a: a)
    quant = (lambda a: np.clip(np.round((a * .18 + .5) * 8) / 8, .125, .875)) if opt["ties"] and opt["tail"] == "sigmoid" else q
    for f in feats:
        k, nm = f["kind"], f["name"]
        if k in ("vec", "dense"):
            inputs.append(oh.make_tensor_value_info(nm, TP.FLOAT, [bd, f["k"]])); parts.append(nm); continue
        if k == "ragged":
            inputs.append(oh.make_tensor_value_info(nm, TP.INT64 if f["tok"] == "i64" else TP.INT32, [bd, f["length"] or "len_" + nm]))
            g = node("Gather", [const("E_" + nm, p["E_" + nm].astype(np.float32)), nm])
            if f["mask"]:
                mt = {"i64": TP.INT64, "f32": TP.FLOAT, "bool": TP.BOOL, "i32": TP.INT32}[f["masktype"]]
                inputs.append(oh.make_tensor_value_info(nm + "_mask", mt, [bd, f["length"] or "len_" + nm]))
                m = nm + "_mask" if f["masktype"] == "f32" else node("Cast", [nm + "_mask"], to=TP.FLOAT)
                const("ax2_" + nm, np.array([2], dtype=np.int64))
                g = node("Mul", [g, node("Unsqueeze", [m, "ax2_" + nm])])
                s = node("ReduceSum", [g, "ax1"], keepdims=0)
                c = node("Max", [node("ReduceSum", [m, "ax1"], keepdims=1), const("one_" + nm, np.array([1], dtype=np.float32))])
                parts.append(node("Div", [s, c]))
            else:
                s = node("ReduceSum", [g, "ax1"], keepdims=0)
                parts.append(node("Mul", [s, const("third_" + nm, np.array([.4], dtype=np.float32))]))
            continue
        ty = {"f32": TP.FLOAT, "f64": TP.DOUBLE, "i64": TP.INT64, "i32": TP.INT32, "bool": TP.BOOL, "str": TP.STRING}[k]
        shape = [bd] if f["rank"] == 1 else [bd, 1]
        inputs.append(oh.make_tensor_value_info(nm, ty, shape))
        x = nm
        if k in ("i64", "i32", "str"):
            if k == "str":
                x = node("LabelEncoder", [x], domain="ai.onnx.ml", keys_strings=f["vocab"], values_int64s=list(range(1, len(f["vocab"]) + 1)), default_int64=0)
            E = p["E_" + nm]
            e = node("Gather", [const("E_" + nm, quant(E).astype(np.float32)), x])
            parts.append(e if f["rank"] == 1 else node("Squeeze", [e, "ax1"]))
        else:
            if k != "f32":
                x = node("Cast", [x], to=TP.FLOAT)
            parts.append(x if f["rank"] == 2 else node("Unsqueeze", [x, "ax1"]))
    h = parts[0] if len(parts) == 1 else node("Concat", parts, axis=1)
    hid = None
    if not opt["ties"]:
        h = node("Add", [node("MatMul", [h, const("W1", p["W1"].astype(np.float32))]), const("b1", p["b1"].astype(np.float32))])
        h = node(opt["act"], [h])
        hid = h
        h = node("Add", [node("MatMul", [h, const("W2", p["W2"].astype(np.float32))]), const("b2", p["b2"].astype(np.float32))])
        if opt["tail"] == "sigmoid":
            h = node("Sigmoid", [h])
    if opt["T"]:
        h = node("Reshape", [h, const("shape3", np.array([-1, opt["T"], d // opt["T"]], dtype=np.int64))])
    ot = TP.FLOAT
    if opt["out"] != "f32":
        ot = TP.DOUBLE if opt["out"] == "f64" else TP.FLOAT16
        h = node("Cast", [h], to=ot)
    nodes.append(oh.make_node("Identity", [h], [opt["outname"]]))
    main = oh.make_tensor_value_info(opt["outname"], ot, [bd] + ([opt["T"], d // opt["T"]] if opt["T"] else [d]))
    outs = [main]
    if opt["extra"]:
        if hid:
            nodes.append(oh.make_node("Identity", [hid], ["hidden_state"]))
            outs = [oh.make_tensor_value_info("hidden_state", TP.FLOAT, [bd, None])] + outs
        else:
            nodes.append(oh.make_node("Neg", [h], ["hidden_state"]))
            outs = [oh.make_tensor_value_info("hidden_state", ot, [bd] + ([opt["T"], d // opt["T"]] if opt["T"] else [d]))] + outs
    if any("ax1" in nd.input for nd in nodes):
        const("ax1", np.array([1], dtype=np.int64))
    g = oh.make_graph(nodes, "tower", inputs, outs, inits)
    m = oh.make_model(g, opset_imports=[oh.make_opsetid("", 13), oh.make_opsetid("ai.onnx.ml", 2)], producer_name="oracle")
    m.ir_version = 8
    onnx.checker.check_model(m)
    return m


# ------------------------------------------------------------------ one case
METRICS = ["log_loss", "normalized_entropy", "information_retained", "calibration", "calibration_shift", "ece", "brier", "roc_auc",
           "average_precision", "gauc", "log_mae", "recall", "hit", "ndcg", "mrr"]


class Quoted(str):
    pass


class Dumper(yaml.SafeDumper):
    pass


Dumper.add_representer(Quoted, lambda d, s: d.represent_scalar("tag:yaml.org,2002:str", str(s), style='"'))


def dump(obj, path, flow=None):
    with open(path, "w", encoding="utf-8") as f:
        yaml.dump(obj, f, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=200)


def make(rng, out, idx):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out + "/eval"); os.makedirs(out + "/checkpoints/query"); os.makedirs(out + "/checkpoints/item")
    pick = lambda xs, p=None: xs[int(rng.choice(len(xs), p=p))]
    yes = lambda pr: bool(rng.random() < pr)
    sim = ["dot", "cosine", "max_sim"][idx % 3] if yes(.7) else "dot"
    link = pick(["sigmoid", "identity", "softmax"], [.55, .2, .25])
    ties = yes(.25) and sim != "cosine"
    layout = pick(["three", "flat", "rows+items", "rows+queries"], [.5, .25, .15, .1])
    emb_i = yes(.15); emb_q = emb_i and yes(.4)
    candidates = "full" if layout == "three" and yes(.65) else "logged"
    n_target = int(np.exp(rng.uniform(np.log(300), np.log(1500)))) if yes(.25) else int(np.exp(rng.uniform(np.log(1800), np.log(6000))))
    good = yes(.4)  # margins chosen so that most of the case passes
    per = int(rng.integers(4, 16))
    nQ = max(20, n_target // per)
    nI = int(np.exp(rng.uniform(np.log(25), np.log(80)))) if yes(.25) else int(rng.integers(80, 600))
    per = min(per, nI - 2)
    tags = dict(sim=sim, link=link, ties=ties, layout=layout, candidates=candidates, emb_items=emb_i, emb_queries=emb_q)

    # ids
    idk = pick(["str", "big", "small"], [.5, .35, .15])
    def ids(n, pre, extra=0):
        if idk == "str":
            deco = pick(["", "-é", " x", ",q", "\"z"], [.6, .1, .1, .1, .1])
            return "str", [f"{pre}{j:05d}{deco}" for j in rng.permutation(n)]
        if idk == "big":
            return "i64", [int(2 ** 60 + 7 + j) for j in rng.permutation(n)]
        return "i64", [int(j + 1) for j in rng.permutation(n)]
    idt, qids = ids(nQ, "q")
    _, iids = ids(nI, "i")
    tags["ids"] = idk

    # rows
    pop = 1 / np.arange(1, nI + 1) ** rng.choice([0, .5, .8]); pop /= pop.sum()
    rq, ri = [], []
    dup = yes(.2)
    for u in range(nQ):
        m = int(np.clip(2 + rng.poisson(per - 2), 2, nI - 1))
        its = rng.choice(nI, m, replace=False, p=pop)
        if dup and yes(.1):
            its = np.r_[its, its[:1]]
        rq += [u] * len(its); ri += list(its)
    if yes(.5):
        o = rng.permutation(len(rq)); rq = [rq[j] for j in o]; ri = [ri[j] for j in o]
    while (len(rq) - 1) % 10 == 0:
        rq.pop(); ri.pop()
    rq, ri = np.array(rq), np.array(ri)
    n = len(rq)
    used_q = np.unique(rq)

    # features
    def feats(side, vary):
        if ties:
            f = make_feature(rng, side, 0, "i64", True); f["card"] = int(rng.integers(12, 50)); return [f]
        kinds = ["f32"]
        kinds += [pick(["f32", "f64", "i64", "i32", "bool", "str", "vec", "dense", "ragged"]) for _ in range(int(rng.integers(1, 5)))]
        return [make_feature(rng, side, j, k, True) for j, k in enumerate(kinds)]
    qf, itf = feats("q", False), feats("i", False)
    in_rows_q, in_rows_i = layout in ("flat", "rows+items"), layout in ("flat", "rows+queries")
    def columns(fs, n_ent):
        c = {}
        for f in fs:
            c.update(sample_values(rng, f, n_ent))
        return c
    qcols, icols = columns(qf, nQ), columns(itf, nI)
    qrow, irow = {}, {}
    def spread(fs, cols, ent, emb):
        d = {c: (t, [v[e] for e in ent]) for c, (t, v) in cols.items()}
        if not emb and yes(.8):  # one feature varies between the rows of an id
            f = fs[int(rng.integers(len(fs)))]
            d.update(sample_values(rng, f, n))
            tags["varying"] = True
        return d
    if in_rows_q:
        qrow = spread(qf, qcols, rq, emb_q)
    if in_rows_i:
        irow = spread(itf, icols, ri, emb_i)

    # slices
    tiers = pick([["small", "large"], ["free", "plus", "pro tier"], ["a", "b", "ç"]])
    q_tier = rng.choice(len(tiers), nQ, p=rng.dirichlet([3] * len(tiers)))
    srcs = ["winner", "full_request", "partial"][:int(rng.integers(2, 4))]
    opts = {"tier": ("str", [tiers[q_tier[u]] for u in rq]),
            "log_source": ("str", [srcs[j] for j in rng.choice(len(srcs), n, p=rng.dirichlet([4] * len(srcs)))]),
            "is_video": ("bool", [bool(j % 3 == 0) for j in ri]),
            "region": ("i32" if yes(.5) else "i64", [int(u % 3) for u in rq])}
    names = list(opts)
    first = pick(["tier", "region"])
    rest = [x for x in names if x != first]
    rng.shuffle(rest)
    slices = [first] + [str(x) for x in rest[:int(rng.integers(0, 3))]]
    tags["slices"] = slices

    # versions, towers
    to = int(rng.integers(1, 5)); frm = int(pick([0, 0, -1, -2, 1], [.4, .2, .2, .1, .1]))
    if frm == 1 and to == 1:
        frm = 0
    nv = max(to, -frm) + 1 + int(yes(.3))
    vers = [f"v{42 - j}" for j in range(nv)] if yes(.6) else [f"2026-0{9 - j}-01" for j in range(nv)] if nv < 9 else [f"v{j}" for j in range(nv)]
    newer = ["v44", "v43"][:int(rng.integers(1, 3))] if vers[0] == "v42" and yes(.3) else []
    oldq = pick(["all", "none", "some"], [.5, .3, .2])
    T = int(rng.integers(2, 4)) if sim == "max_sim" else None
    d = int(rng.choice([4, 6] if ties else [4, 8, 16]))
    if T:
        d = T * (4 if ties else int(rng.choice([3, 4])))
    tail = "sigmoid" if link == "identity" else None
    sigma = float(rng.choice([.01, .03, .08, .2, .5], p=[.15, .25, .3, .2, .1])) * (2 if ties else 1)
    frozen = yes(.1)  # one checkpoint equals the one before
    hid = int(rng.choice([8, 16]))
    rot = yes(.2) and not ties and not T and not tail
    opt = lambda: dict(act=str(pick(["Relu", "Tanh"])), tail=tail, T=T, out=str(pick(["f32", "f64", "f16"], [.7, .15, .15])), batch=pick([None, 1, 7], [.76, .12, .12]),
                       extra=yes(.2), outname=str(pick(["embedding", "out", "output_0"])), ties=ties)
    oq, oi = opt(), opt()
    if T:
        oq["T"] = T; oi["T"] = T
    tags.update(q=oq, i=oi, sigma=sigma, rot=rot)
    pq_, pi_ = init_params(rng, qf, hid, d, tail, ties), init_params(rng, itf, hid, d, tail, ties)
    fpq, fpi = {}, {}
    for a, v in enumerate(vers):
        if a and not (frozen and a == 1):
            pq_, pi_ = drift(rng, pq_, sigma, ties), drift(rng, pi_, sigma, ties)
            if ties and yes(0.0):
                pass
        p1, p2 = dict(pq_), dict(pi_)
        if rot and a:
            A = np.linalg.qr(rng.normal(size=(d, d)))[0]
            t = rng.uniform(.05, .6)
            # small rotation exp(t*S)
            S = rng.normal(size=(d, d)); S = (S - S.T) / math.sqrt(d)
            from scipy.linalg import expm
            Rm = expm(t * S)
            for pp in (p1, p2):
                pp["W2"], pp["b2"] = pp["W2"] @ Rm, pp["b2"] @ Rm
        fpq[v], fpi[v] = p1, p2
    have_q = set(vers) if oldq == "all" else {vers[0]}
    if oldq == "some":
        have_q |= {v for v in vers if yes(.5)}
    if frm < 0:
        have_q |= set(vers[1:-frm + 1])
    tags["old_query"] = sorted(have_q)

    # embeddings or graphs
    def place(side, tower_feats, params, opt_, emb, versions, ent_ids, cols, nEnt):
        spec = {}
        folder = "query" if side == "q" else "item"
        if emb:
            spec["embeddings"] = f"{folder}/{{version}}.parquet"
            os.makedirs(f"{out}/{folder}", exist_ok=True)
        else:
            spec["onnx"] = f"checkpoints/{folder}/{{version}}.onnx"
        inputs = {}
        for f in tower_feats:
            s = input_spec(f)
            if s is not None:
                inputs[f["name"]] = s
        digests = {}
        for v in versions:
            m = build_tower(tower_feats, params[v], d, dict(opt_, batch=None) if emb else opt_)
            path = f"{out}/checkpoints/{folder}/{v}.onnx"
            onnx.save(m, path)
            if emb:
                tw = oracle.Tower({"onnx": path, "inputs": inputs, **({"output": opt_["outname"]} if opt_["extra"] else {})}, "/")
                M = tw.run(v, {c: x for c, (t, x) in cols.items()}, list(range(nEnt)))
                os.remove(path)
                path = f"{out}/{folder}/{v}.parquet"
                o = rng.permutation(nEnt)
                et = pa.float64() if yes(.2) else pa.float32()
                vt = pa.list_(pa.list_(et)) if M.ndim == 3 else (pa.list_(et, M.shape[1]) if yes(.3) else pa.list_(et))
                pq.write_table(pa.table([pa.array([ent_ids[j] for j in o], type=PAT[idt]), pa.array([M[j].tolist() for j in o], type=vt)], names=["id", "vector"]), path,
                               compression=str(rng.choice(["snappy", "zstd", "none"])))
            digests[v] = sha(path)
        pins = pick(["all", "some", "none"], [.5, .2, .3])
        if pins == "all":
            spec["sha256"] = digests
        elif pins == "some":
            spec["sha256"] = {versions[0]: digests[versions[0]]}
        if not emb:
            if inputs:
                spec["inputs"] = inputs
            if opt_["extra"]:
                spec["output"] = opt_["outname"]
        return spec
    qspec = place("q", qf, fpq, oq, emb_q, [v for v in vers if v in have_q], qids, qcols, nQ)
    ispec = place("i", itf, fpi, oi, emb_i, vers, iids, icols, nI)

    # tables
    label = pick(["label", "converted", "clicked"]); qc, ic = pick([("request_id", "pin_id"), ("query_id", "item_id")])
    weighted, clustered, fractional, zerow = yes(.5), yes(.45), yes(.2), yes(.15)
    lt = pick(["f64", "f32", "i32", "i8", "bool"]) if not fractional else pick(["f64", "f32"])
    if fractional:
        lt = "f64"
    users = int(rng.choice([25, max(45, nQ // 4), max(60, nQ // 2)], p=[.06, .4, .54]))
    cl = rng.integers(0, users, nQ)
    w = np.round(rng.gamma(2, .6, n) + .05, 2)
    if zerow:
        w[rng.random(n) < .03] = 0
    lists_in = lambda cols: any(isinstance(t, tuple) for t, _ in cols.values())
    def fmt(cols):
        f = pick(["parquet", "csv", "jsonl"], [.64, .18, .18])
        return "parquet" if f == "csv" and lists_in(cols) else f
    rows = {qc: (idt, [qids[u] for u in rq]), ic: (idt, [iids[j] for j in ri]), label: (lt, None)}
    if weighted:
        wt = pick(["f64", "f32"])
        rows["weight"] = (wt, [float(np.float32(x)) if wt == "f32" else float(x) for x in w])
    if clustered:
        rows["user_id"] = ("i64", [int(2 ** 55 + cl[u]) for u in rq]) if yes(.4) else ("str", [f"u{cl[u]}" for u in rq])
    for s in slices:
        rows[s] = opts[s]
    if yes(.3):
        rows["note"] = ("str", [pick(["", "plain", "with, comma", "quote \" inside", "two\nlines", "日本"]) for _ in range(n)])
    rows.update(qrow); rows.update(irow)
    tabs = {"rows": rows}
    if layout in ("three", "rows+queries"):
        o = rng.permutation(nQ)
        tabs["queries"] = {qc: (idt, [qids[j] for j in o]), **{c: (t, [v[j] for j in o]) for c, (t, v) in qcols.items()}}
    if layout in ("three", "rows+items"):
        o = rng.permutation(nI)
        tabs["items"] = {ic: (idt, [iids[j] for j in o]), **{c: (t, [v[j] for j in o]) for c, (t, v) in icols.items()}}
    fm = {t: fmt(c) for t, c in tabs.items()}
    rel_paths = {t: f"eval/{t}.{EXT[fm[t]]}" for t in tabs}

    # a first release with scale 1 to learn the similarities
    release = {"release": f"case-{idx}", "live": vers[0], "versions": newer + vers, "query_tower": qspec, "item_tower": ispec,
               "score": {"similarity": sim, "link": link}}
    policy = {"policy": f"case-{idx}", "eval_set": {**rel_paths, "sha256": {}, "columns": {"query": qc, "item": ic, "label": label}, "slices": slices, "candidates": candidates}}
    if weighted:
        policy["eval_set"]["columns"]["weight"] = "weight"
    if clustered:
        policy["eval_set"]["columns"]["cluster"] = "user_id"
    if candidates == "logged" and yes(.0):
        del policy["eval_set"]["candidates"]
    sweep = {"from": frm, "to": to}

    def write_eval(y):
        info = {}
        for t in tabs:
            cols = dict(tabs[t])
            if t == "rows":
                yy = [bool(v) for v in y] if lt == "bool" else [int(v) for v in y] if lt in ("i32", "i8") else [float(v) for v in y]
                cols[label] = (lt, yy)
            info[t] = write_table(rng, f"{out}/{rel_paths[t]}", cols, fm[t])
            policy["eval_set"]["sha256"][t] = sha(f"{out}/{rel_paths[t]}")
        tags["formats"] = info

    policy["checks"] = {"version-skew": {"sweep": {"from": 0, "to": 0}, "require": [{"metric": "log_loss", "max_increase": "1%", "at": "each"}]}}
    write_eval(np.zeros(n))
    dump(policy, out + "/policy.yml"); dump(release, out + "/release.yml")
    P = oracle.Problem(out + "/policy.yml", out + "/release.yml")
    s = P.pair(vers[0], vers[0]).raw
    if link == "identity":
        scale = 1 / (d if sim == "dot" else T * (d // T)) if sim != "cosine" else 1.0
        scale, bias = (scale if ties or sim == "cosine" else round(scale, 6)), 0
        if sim == "cosine":
            scale = round(float(rng.uniform(.5, .98)), 3)
    else:
        sd = max(s.std(), 1e-6)
        scale = float(f"{rng.uniform(.8, 1.6) / sd:.4g}")
        bias = 0 if link == "softmax" else float(f"{rng.uniform(-1.8, .2) - scale * s.mean():.4g}")
    z = scale * s + bias
    noise = rng.normal(size=nQ)[rq] * .25 + rng.normal(size=nI)[ri] * .2
    if link == "softmax":
        g = z + .3 * noise + rng.gumbel(size=n)
        y = np.zeros(n)
        for u in used_q:
            r = np.flatnonzero(rq == u)
            if yes(.93):
                y[r[np.argmax(g[r])]] = 1
                if yes(.15):
                    y[r[rng.integers(len(r))]] = 1
    else:
        zz = z if link == "sigmoid" else np.log(np.clip(z, 1e-6, 1 - 1e-6) / (1 - np.clip(z, 1e-6, 1 - 1e-6))) * 1.0
        y = (rng.random(n) < 1 / (1 + np.exp(-(zz + noise)))).astype(float)
    if fractional:
        y = y * rng.choice([.25, .5, 1.0], n)
    write_eval(y)
    form = pick(["numbers", "scale_map", "both_map", "defaultless"], [.5, .2, .2, .1])
    jit = lambda x: float(f"{x * (1 + rng.normal() * .03):.5g}")
    sc = release["score"]
    if link == "identity" and form in ("scale_map", "both_map"):
        sc["scale"] = {v: (scale if a == 0 else scale * (1 - .02 * (a % 3))) for a, v in enumerate(vers)}
    elif form == "scale_map":
        sc["scale"] = {v: (scale if a == 0 else jit(scale)) for a, v in enumerate(vers)}; sc["bias"] = bias
    elif form == "both_map":
        sc["scale"] = {v: (scale if a == 0 else jit(scale)) for a, v in enumerate(vers)}
        sc["bias"] = {v: (bias if a == 0 else jit(bias)) for a, v in enumerate(vers)}
    else:
        sc["scale"] = scale
        if bias or form == "numbers":
            sc["bias"] = bias
    tags["score_form"] = form

    # production
    prod = yes(.82)
    by = None
    if prod:
        support = [k for k in range(frm, to + 1)]
        if 0 not in support:
            support = [0] + support
        def hist():
            m = int(rng.integers(1, min(4, len(support)) + 1))
            ks = sorted(rng.choice(support, m, replace=False).tolist())
            h = np.round(rng.dirichlet([1.5] * m), 3)
            out_mass = float(rng.choice([0, .003, .08], p=[.82, .1, .08])) if max(support) + 2 < 99 else 0
            h = h * (1 - out_mass)
            hh = {int(k): float(round(x, 4)) for k, x in zip(ks, h) if round(x, 4) > 0}
            if out_mass:
                hh[max(support) + 2] = out_mass
            kk = max(hh, key=lambda t: hh[t] if t in support else -1)
            hh[kk] = round(hh[kk] + 1 - sum(hh.values()), 4)
            return hh
        kind = pick(["hist", "by", "cadence", "counts"], [.5, .36, .07, .07])
        if kind == "by":
            item_by = "is_video" in slices and yes(.6)
            by = "is_video" if item_by else first
            vals = sorted(set(opts[by][1]))
            dist = {"by": by, "slices": {v: hist() for v in vals}}
        elif kind == "hist":
            dist = hist()
        elif kind == "cadence":
            T_ = float(rng.choice([12, 24, 48]))
            Pp, D_, R_ = float(rng.choice([6, 12, 24])), float(rng.choice([2, 12, 30])), float(rng.choice([1, 6, 12]))
            dist = {"cadence": {"checkpoint_period": f"{T_:g}h", "build_period": f"{Pp:g}h", "build_duration": f"{D_:g}h", "rollout": f"{R_:g}h"}}
        else:
            os.makedirs(out + "/logs")
            hh = hist()
            qv, iv, ct = [], [], []
            for k, m in hh.items():
                if abs(k) >= nv:
                    continue
                a, b = (0, k) if k >= 0 else (-k, 0)
                qv.append(vers[a]); iv.append(vers[b]); ct.append(max(1, int(round(m * 20000))))
            cf = pick(["parquet", "csv"])
            write_table(rng, f"{out}/logs/version-pairs.{cf}", {"query_version": ("str", qv), "item_version": ("str", iv), "count": ("i64", ct)}, cf)
            dist = {"counts": f"logs/version-pairs.{cf}"}
        tags["production"] = kind + (":" + by if by else "")
        policy["production"] = {"mix": "per_request", "distances": dist}
        policy = {k: policy[k] for k in ("policy", "eval_set", "production", "checks")}

    # rules
    pool = list(METRICS)
    if link == "softmax" and ties:
        pool = [m for m in pool if m not in ("roc_auc", "average_precision", "ece", "log_mae")]
    if by == "is_video":
        pool = [m for m in pool if m not in ("gauc", "recall", "hit", "ndcg", "mrr")]
    if fractional and link == "softmax":
        pass
    rng.shuffle(pool)
    nrules = int(rng.integers(4, 9))
    rules = []
    swept = sorted(set(range(frm, to + 1)) | {0})
    for j in range(nrules):
        m = pool[j % len(pool)] if j < len(pool) else pick(pool)
        m = str(m)
        if m in ("recall", "hit", "ndcg"):
            m = f"{m}@{int(rng.choice([1, 3, 5, 10, 20]))}"
        ops = {"log_loss": ["max_increase", "max_change", "max"], "normalized_entropy": ["max_increase", "max_change", "max"], "information_retained": ["max_decrease", "min", "max_change"],
               "calibration": ["max_change", "min", "max"], "calibration_shift": ["max_change", "max_change", "max_increase", "max_decrease", "max"], "ece": ["max_increase", "max"],
               "brier": ["max_increase", "max_change", "max"], "log_mae": ["max_increase", "max", "max_change"]}.get(m, ["max_decrease", "max_decrease", "min", "max_change"])
        op = pick(ops)
        at = pick(["production", "each", "list"], [.5, .3, .2]) if prod else pick(["each", "list"])
        if at == "list":
            cand = [k for k in swept if k != 0]
            at = [int(x) for x in sorted(rng.choice(cand, int(rng.integers(1, min(3, len(cand)) + 1)), replace=False))]
        r = {"metric": m, op: "1%" if op not in ("min", "max") else 0.5, "at": at}
        sl = pick([None, ["all"], [first], ["all", first], ["all"] + slices]) if not good or n > 2500 else None
        if len(slices) > 1 and yes(.35 if not good else .1):
            sl = (sl or ["all"]) + [f"{slices[0]}*{slices[1]}"]
        if sl:
            r["slices"] = sl
        r["_pct"] = op not in ("min", "max") and yes(.7)
        if j and yes(.2):
            r["level"] = pick(["warn", "fail"])
        rules.append(r)
    conf = pick([None, Quoted("95%"), "90%", "99%"], [.3, .3, .2, .2])
    vs = {"sweep": sweep, "require": rules}
    if frozen:
        vs["allow_identical_versions"] = True
    if conf:
        vs["confidence"] = str(conf)
    oni = pick([None, "fail", "warn"], [.5, .25, .25])
    if oni:
        vs["on_inconclusive"] = oni
    policy["checks"] = {"version-skew": vs}

    def clean_rules():
        return [{k: v for k, v in r.items() if k != "_pct"} for r in rules]
    for r in rules:  # placeholders with the right unit
        op = next(o for o in oracle.OPS if o in r)
        r[op] = ("1%" if r["_pct"] else 0.01) if op not in ("min", "max") else 0.5
    pol = json.loads(json.dumps({"x": 1}))
    policy["checks"]["version-skew"]["require"] = clean_rules()
    dump(policy, out + "/policy.yml"); dump(release, out + "/release.yml")
    res = oracle.run(out + "/policy.yml", out + "/release.yml", want_curve=False)
    for j, r in enumerate(rules):
        op = next(o for o in oracle.OPS if o in r)
        fs = [f for f in res["findings"] if f["rule"] == j and f["change"] is not None and f["lower"] is not None and f["at"] != 0]
        judged = [f for f in fs if not f["reason"]] or fs
        if not judged:
            continue
        mode = pick(["passall", "pass", "fail", "incon"], [.45, .15, .25, .15]) if not good else pick(["passall", "fail"], [.95, .05])
        f = judged[int(rng.integers(len(judged)))]
        def harm(f):
            lo, up, th = f["lower"], f["upper"], f["change"]
            if op in ("max_increase", "max"):
                return lo, th, up
            if op in ("max_decrease", "min"):
                return -up, -th, -lo
            return (max(lo, -up, 0), abs(th), max(up, -lo))
        lo, th, up = harm(f)
        if mode == "passall":
            tops = [harm(g)[2] for g in judged]
            m = max(tops); m += abs(m) * .25 + 1e-4
        elif mode == "pass":
            m = up + .3 * (up - th) + 1e-5
        elif mode == "fail":
            m = lo - .8 * (th - lo)
        else:
            m = th + float(rng.uniform(-.4, .4)) * (up - th)
        # a margin that no value can exceed, or that a model without skill keeps, is refused
        name = r["metric"].split("@")[0]
        auc, gains = name in ("gauc", "roc_auc"), ("recall", "hit", "ndcg", "mrr", "average_precision", "information_retained")
        if op == "min":
            m = max(-m, .505 if auc else .005)
            r[op] = float(f"{m:.4g}")
        elif op == "max":
            r[op] = float(f"{m:.4g}")
        else:
            m = max(m, 2e-4)
            if auc or name in gains or not r["_pct"]:
                m = min(m, .45 if auc else .95)
            if r["_pct"]:
                mm = math.exp(m) - 1 if r["metric"] == "calibration_shift" else m
                r[op] = f"{100 * mm:.3g}%" if 100 * mm < 1000 else f"{100 * mm:.0f}%"
            else:
                r[op] = float(f"{m:.4g}")
    if all(r.get("level") == "warn" for r in rules):
        rules[0].pop("level", None)
    policy["checks"]["version-skew"]["require"] = clean_rules()
    dump(policy, out + "/policy.yml"); dump(release, out + "/release.yml")
    res = oracle.run(out + "/policy.yml", out + "/release.yml", want_curve=False)
    from collections import Counter
    tags["verdicts"] = dict(Counter(f["verdict"] for f in res["findings"])); tags["verdict"] = res["verdict"]; tags["rows"] = n
    tags["rules"] = [f"{r['metric']} {next(o for o in oracle.OPS if o in r)} {r['at']}" for r in rules]
    tags.update(weighted=weighted, clustered=clustered, fractional=fractional, sweep=sweep)
    json.dump(tags, open(out + "/case.json", "w"), indent=1, default=str)
    return tags


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("outdir"); ap.add_argument("--n", type=int, default=12); ap.add_argument("--seed", type=int, default=1); ap.add_argument("--start", type=int, default=0)
    a = ap.parse_args()
    for i in range(a.start, a.start + a.n):
        t = make(np.random.default_rng([a.seed, i]), os.path.join(os.path.abspath(a.outdir), f"case-{a.seed}-{i:03d}"), i)
        print(i, t["rows"], t["sim"], t["link"], "ties" if t["ties"] else "", t["layout"], t["candidates"], t.get("production"), t["verdict"], t["verdicts"], flush=True)
