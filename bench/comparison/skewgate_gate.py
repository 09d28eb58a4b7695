"""skewgate: the built command line on a copy of the example, and on the same bad inputs as its user would make them. pyarrow."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]
CLI = ["node", str(ROOT / "dist/cli.cjs")]


class Copy:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp()) / "retail"
        shutil.copytree(ROOT / "examples/online-retail", self.folder)

    def run(self, *args):
        env = {"PATH": os.environ["PATH"], "GITHUB_WORKSPACE": str(self.folder)}
        return subprocess.run([*CLI, *args], cwd=self.folder, env=env, capture_output=True, text=True)

    def edit(self, name, old, new):
        text = (self.folder / name).read_text()
        if old not in text:
            raise SystemExit(f"{name} does not hold {old}")
        (self.folder / name).write_text(text.replace(old, new))
        return self

    def table(self, name, change):
        path = self.folder / f"eval/{name}.parquet"
        pq.write_table(change(pq.read_table(path)), path)
        self.run("pin", "policy.yml")
        return self

    def judged(self, family):
        done = self.run("run", "--policy", "policy.yml", "--release", f"release.{family}.yml", "--quiet")
        lines = (done.stdout if done.returncode < 2 else done.stderr).strip().splitlines()
        words = lines[1] if done.returncode < 2 else lines[0].removeprefix("error: ")
        return [{0: "ships", 1: "rejects", 2: "refuses"}[done.returncode], " ".join(words.split())[:240]]


def holes(table):
    """A tenth of the prices is NaN, as what makes a score NaN is a feature."""
    price = table["price"].to_numpy().astype(np.float64).copy()
    price[::10] = np.nan
    return table.set_column(table.schema.get_field_index("price"), "price", pa.array(price))


gone = Copy()
(gone.folder / "release.warm.yml").unlink()
out = {
    "tool": "skewgate, from the towers",
    "version": Copy().run("--version").stdout.strip(),
    "decisions": {
        "warm, skewed": Copy().judged("warm"),
        "scratch, skewed": Copy().judged("scratch"),
        "a tenth of the scores NaN": Copy().table("items", holes).judged("scratch"),
        "no baseline": gone.judged("scratch"),
        "zero rows": Copy().table("rows", lambda rows: rows.slice(0, 0)).judged("scratch"),
        "a typo": Copy().edit("policy.yml", "max_increase: 1%", "max_incraese: 1%").judged("scratch"),
    },
}
print(json.dumps(out))
