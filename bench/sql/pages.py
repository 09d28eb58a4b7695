"""Every block of SQL and Python of docs/where-checkpoints-live.md and docs/encoders.md is one that PostgreSQL or Python parses.

python bench/sql/pages.py        (pglast 8.7)
"""
import ast
import re
from pathlib import Path

from pglast import parse_sql

docs = Path(__file__).resolve().parents[2] / "docs"
parsers = {"sql": parse_sql, "python": ast.parse}
for page in ("where-checkpoints-live.md", "encoders.md"):
    for language, text in re.findall(r"^```(sql|python)\n(.*?)^```$", (docs / page).read_text(), re.S | re.M):
        parsers[language](text)
        print(f"{page}: {language}, {len(text.splitlines())} lines")
