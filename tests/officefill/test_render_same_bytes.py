"""The same input gives the same bytes, in any time zone, with any hash seed, in any process."""

import hashlib
import os
import subprocess
import sys
from decimal import Decimal

from drawing import png
from drawn_charts import chart_here, chart_xml, series, sheet_bytes, with_charts

SCRIPT = """
import sys, hashlib, datetime
from decimal import Decimal
sys.path.insert(0, sys.argv[1])
from drawing import Drawn, png
from pathlib import Path
rows = [{"no": n, "name": f"客户{n}", "amount": Decimal(n) / 3} for n in range(50)]
for name in sys.argv[2:]:
    print(hashlib.sha256(Drawn(Path(name)).fill(title="甲&乙", fs=rows, chart=png())).hexdigest())
"""


def test_bytes_do_not_depend_on_time_zone_hash_seed_or_process(word, book):
    paper = word(
        *("{{ title }}", "{{ chart|picture(5) }}", [["{% for f in fs %}{{ f.no }}", "{{ f.name }}{% endfor %}"]]),
        *("{% for f in fs %}", chart_here(), "{% endfor %}"),
    )
    columns = series("Sheet1!$B$1", "Sheet1!$A$2", "Sheet1!$B$2").replace("{{ stale }}", "").replace("{{ u.name }}", "")
    paper = with_charts(paper, (chart_xml(columns), sheet_bytes([["名", "{{ f.name }}"], ["甲", "{{ f.amount }}"]])))
    sheets = book(
        {"明细": [["{% for f in fs %}{{ f.no }}", "{{ f.amount }}{% endfor %}"], ["=SUM(A1:A1)", "=SUM(B1:B1)"]], "名": [["{{ title }}"]]}
    )
    rows = [{"no": n, "name": f"客户{n}", "amount": Decimal(n) / 3} for n in range(50)]
    here = [hashlib.sha256(drawn.fill(title="甲&乙", fs=rows, chart=png())).hexdigest() for drawn in (paper, sheets)]
    for zone, seed in (("UTC", "0"), ("Asia/Shanghai", "1"), ("America/New_York", "12345")):
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", SCRIPT, os.path.dirname(__file__), str(paper.path), str(sheets.path)]
        there = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True).stdout.split()
        assert there == here
