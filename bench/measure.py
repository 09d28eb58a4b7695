"""Runs a command and says what the operating system counted: python measure.py STDOUT STDERR COMMAND ARGUMENT…

The answer on stdout is JSON: exit status, wall and CPU seconds of the process and its children, and its peak memory in KB.
"""
import json
import resource
import subprocess
import sys
import time

out, err, *command = sys.argv[1:]
started = time.monotonic()
with open(out, "wb") as stdout, open(err, "wb") as stderr:
    status = subprocess.run(command, stdout=stdout, stderr=stderr, check=False).returncode
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump({"status": status, "wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_kb": used.ru_maxrss}, sys.stdout)
