"""Profiles: a sender's files, headings, codes and units, told in YAML; and a profile written from files."""

import shutil

import pytest
from places import TINY
from postloan.data.adopt import profile_seen
from postloan.data.intake.header import field_of, known_headers
from postloan.data.profile import FOLDER, tables_as_sent
from postloan.data.schema import all_tables
from postloan.errors import BadPolicy
from postloan.run import take_in

OWN = """title: 某系统
tables:
  loan_balance:
    files: [余额快照]
    heads: {期末日: as_of, 编号: loan_id, 剩余: balance}
    codes: {class5: {好: pass, 差: substandard}}
    unit: 万元
"""


@pytest.fixture
def folder(tmp_path):
    data = shutil.copytree(TINY, tmp_path / "data")
    lines = (data / "loan_balance.csv").read_text(encoding="utf-8-sig").splitlines()
    (data / "loan_balance.csv").unlink()
    rows = [line.split(",") for line in lines]
    words = {"pass": "好", "substandard": "差"}
    sent = [[r[0], r[1], f"{int(r[2]) / 10_000:g}", words.get(r[3], r[3]), *r[4:]] for r in rows[1:]]
    head = ["期末日", "编号", "剩余", *rows[0][3:]]
    (data / "余额快照.csv").write_text("\n".join(",".join(row) for row in [head, *sent]) + "\n", encoding="utf-8")
    return data


def test_a_profile_maps_files_heads_codes_and_units(folder, tmp_path):
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    assert "loan_balance" not in take_in(folder).tables
    clean, right = take_in(folder, str(tmp_path / "own.yaml")), take_in(TINY)
    query = "SELECT as_of, loan_id, balance, class5 FROM loan_balance ORDER BY ALL"
    assert clean.con.execute(query).fetchall() == right.con.execute(query).fetchall()
    assert {p.check for p in clean.problems} == {"unit_converted"}
    assert "loan_balance" not in take_in(folder).tables  # and leaves no trace


@pytest.mark.parametrize("name", ["east5", "yibiaotong", "pbc"])
def test_the_packaged_profiles_are_read_and_take_nothing_away(name):
    assert (FOLDER / f"{name}.yaml").is_file()
    specs = tables_as_sent(name)
    assert specs != all_tables()
    clean = take_in(TINY, name)
    assert clean.rows == take_in(TINY).rows and not clean.problems


def test_a_heading_of_two_meanings_is_known_in_its_profile_only():
    assert field_of("借款人证件代码", known_headers(all_tables()["customer"])) is None
    assert field_of("借款人证件代码", known_headers(tables_as_sent("pbc")["customer"])) == "customer_id"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: x\ntables: {loans: {}}\n", "loans"), ("title: x\ntables: {loan: {heads: {A: lone_id}}}\n", "lone_id"),
        ("title: x\ntables: {loan: {codes: {product: {A: pass}}}}\n", "pass"), ("title: x\ntables: {loan: {unit: 美元}}\n", "美元"), ("title: x\ntable: {}\n", "table"),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_refused_by_name_and_place(tmp_path, text, says):
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicy, match=says):
        tables_as_sent(str(tmp_path / "p.yaml"))


def test_adopt_writes_a_profile_that_runs_once_a_person_has_corrected_it(folder, tmp_path):
    written = profile_seen(folder)
    assert "unit_id" in written and "# '剩余'" in written and "余额快照" in written
    (tmp_path / "seen.yaml").write_text(written, encoding="utf-8")
    assert take_in(folder, str(tmp_path / "seen.yaml")).tables
    corrected = written.replace("    heads: {}", "    heads:").splitlines()
    corrected = [
        line.replace("# ", "", 1).split(":")[0] + f": {field}"
        if (field := {"'期末日'": "as_of", "'编号'": "loan_id", "'剩余'": "balance"}.get(line.strip(" #").split(":")[0]))
        else line
        for line in corrected
    ]
    (tmp_path / "seen.yaml").write_text("\n".join(corrected), encoding="utf-8")
    assert "loan_balance" in tables_as_sent(str(tmp_path / "seen.yaml"))
