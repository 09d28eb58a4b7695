"""A policy and a release of a folder, judged by the command line."""

import json
import os
import subprocess
from pathlib import Path

CLI = os.environ.get("SKEWGATE_CLI", Path(__file__).resolve().parents[1] / "dist/cli.cjs")


def curve_of(folder):
    """The points of the sweep that folder/policy.yml asks of folder/release.yml, as report.json has them."""
    command = ["node", CLI, "run", "--policy", "policy.yml", "--release", "release.yml", "--format", "json", "--quiet"]
    env = {**os.environ, "GITHUB_WORKSPACE": str(folder)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return next(check for check in json.loads(done.stdout)["checks"] if "curve" in check)["curve"]
