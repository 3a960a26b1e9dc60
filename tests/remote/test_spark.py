"""Spark answers every tally, and makes every figure and finding, just as DuckDB does: by value, type and scale."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import make_bank
import pytest
from oracle.packages import make_package
from places import SAMPLES, TINY
from postloan.errors import BadCommand, BadRule, CannotTally
from postloan.figures.aggregate import customer_figures, figures_of, read_by_papers, readers
from postloan.figures.book import Book, in_schema
from postloan.figures.book_reader import open_book
from postloan.figures.book_writer import QUOTED
from postloan.figures.engine import IN_PROCESS, Engine, EngineChoice, Tallied
from postloan.figures.find import _rows, find
from postloan.figures.finding import Finding
from postloan.figures.longer_period import nothing_given
from postloan.figures.rule import all_rules
from postloan.figures.tally import all_tallies, make_tallies
from postloan.papers import lists as details
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_rows
from postloan.period import Period
from postloan.run import Request, compute, compute_request, run, take_in
from postloan.themes import EVERYWHERE, all_themes

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")
if not shutil.which("java"):
    pytest.skip("Spark needs Java", allow_module_level=True)
from postloan.remote.spark import Spark

SPARK = "local[2]"
TEXT = "report_section"
PACKAGES: dict[str, tuple[int, str, tuple[str, ...]] | None] = {
    "branch2014": None,
    "tiny": None,
    "random 4": (4, "2015Q1", ("sales", "acceptance")),
    "random 8, a workbook": (8, "2013Q4", (TEXT, "meeting", "waiver", "deposit")),
    "in place": None,
}
OF_THE_HOUR = {"book", "jobs.jsonl", "logs", "morning.html", "run.json"}
"""What of a run tells of the run itself; in a book, decimals of another length hold the same numbers."""


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """One Spark for all tests of this file: small parts, no pages."""
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # half the CPU where every job is tiny
    }
    started = pyspark.sql.SparkSession.builder.master(SPARK).appName("tests").config(map=settings).getOrCreate()
    yield started
    started.stop()


@pytest.fixture(scope="module", params=PACKAGES)
def both(request: pytest.FixtureRequest, session: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Book, Engine, str]]:
    """The book that DuckDB made of a package, and Spark with the same tallies made."""
    period, data = _package(request.param, tmp_path_factory.mktemp("package"))
    book = compute(take_in(data), period)
    choice = EngineChoice.of(SPARK)
    con = book.clean.con
    with in_schema(con, book.schema), choice.open(book.clean) as spark:
        make_tallies(con, book.tables, Counter([*all_tallies()]))  # those too that are made only when a paper asks for them
        con.execute(f"CREATE SCHEMA spark; SET search_path = 'spark,{book.schema},main'")
        assert spark.make(book.tables, readers(book.themes), frozenset(all_tallies())) == book.tallies
        yield book, spark, request.param


def _package(name: str, folder: Path) -> tuple[str, Path]:
    if name == "in place":
        bank = make_bank.Bank(3, 60, 0.1, Period.parse("2014Q2"))
        for make in make_bank.TABLES:
            make_bank.write(folder, make.__name__, make(bank))
        return "2014Q2", folder
    if not (case := PACKAGES[name]):
        return "2014Q2", SAMPLES / name
    seed, period, left_out = case
    as_workbook = name.endswith("workbook")
    place = folder / ("package.xlsx" if as_workbook else "package")
    make_package(place, seed, period, 60, left_out, as_workbook)
    return period, place


@pytest.mark.soak
def test_every_tally_has_the_same_rows(both: tuple[Book, Engine, str]) -> None:
    book, _, _ = both
    made = [tally.name for tally in all_tallies().values() if tally.tables() <= book.tables]
    assert len(made) > 15
    for tally in made:
        assert rows(book, f"spark.{tally}") == rows(book, f"{book.schema}.{tally}"), tally


@pytest.mark.soak
def test_every_finding_is_the_same_with_its_row_and_words(both: tuple[Book, Engine, str]) -> None:
    book, spark, _ = both
    found = find(Tallied(spark, book.tallies, book.tables, book.themes), book.policy, book.period)
    assert book.findings_made
    assert told(found) == told(book.findings_made)


@pytest.mark.soak
def test_every_figure_is_the_same(both: tuple[Book, Engine, str]) -> None:
    book, spark, _ = both
    source = Tallied(spark, book.tallies, book.tables, book.themes)
    assert repr(figures_of(source, book.findings_made, book.policy, book.rules_ran, nothing_given)) == repr(
        (book.figures, book.results.year_before)
    )
    assert repr(customer_figures(source)) == repr(book.customer_figures)


@pytest.mark.soak
def test_a_large_table_whose_parquet_is_clean_stays_where_it_lies(both: tuple[Book, Engine, str]) -> None:
    book, spark, name = both
    assert isinstance(spark, Spark)
    large = {"loan", "loan_balance", "repayment", "account_transaction", "deposit", "acceptance", "inspection", "credit_line"}
    read = {table for tally in all_tallies().values() if tally.tables() <= book.tables for table in tally.tables()}
    written_out = large & {path.stem for path in spark.folder.glob("*.parquet")}
    assert large & read - book.clean.in_place.keys() <= written_out <= large & read
    assert name != "in place" or written_out == {"repayment"}, "its method is a word that intake has read"


@pytest.fixture(scope="module")
def on_spark(session: Any) -> Book:
    """The little sample, its tallies made on Spark."""
    return compute_request(take_in(TINY), Request("", "2014Q2", "", engine="spark://local[2]"))


@pytest.mark.soak
def test_what_papers_read_comes_home_and_loans_do_not(on_spark: Book) -> None:
    held = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? UNION SELECT view_name FROM duckdb_views() WHERE schema_name = ?"
    home = all_tallies().keys() & {row[0] for row in on_spark.clean.con.execute(held, [on_spark.schema] * 2).fetchall()}
    assert home == {name for name in read_by_papers(on_spark.themes) if all_tallies()[name].tables() <= on_spark.tables}
    assert "scope_loan" not in home


@pytest.mark.soak
def test_a_book_made_on_spark_is_the_same_to_its_readers(on_spark: Book, tiny: Book) -> None:
    assert list(on_spark.measure_rows()) == list(tiny.measure_rows())
    assert list(on_spark.finding_rows()) == list(tiny.finding_rows())
    assert on_spark.problems_found == tiny.problems_found
    assert repr(details.customer_rows(on_spark)) == repr(details.customer_rows(tiny))
    for ledger in (ledger for ledger in all_ledgers().values() if ledger.tally):
        assert repr(ledger_rows(on_spark, ledger)) == repr(ledger_rows(tiny, ledger))


@pytest.mark.soak
@pytest.mark.parametrize("name", PACKAGES)
def test_a_run_on_spark_files_the_same_bytes(name: str, session: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    period, data = _package(name, tmp_path_factory.mktemp("package"))
    here, there = (Request(str(data), period, str(tmp_path / engine), engine=engine) for engine in ("duckdb", SPARK))
    assert run(here).exit_code == run(there).exit_code == 0
    filed, again = ({path.relative_to(of.folder) for path in of.folder.rglob("*") if path.is_file()} for of in (here, there))
    assert filed == again >= {Path("measures.csv"), Path("findings.csv"), Path("problems.csv"), Path("quarterly_brief.docx")}
    differing = {path.parts[0] for path in filed if (here.folder / path).read_bytes() != (there.folder / path).read_bytes()}
    assert differing <= OF_THE_HOUR


@pytest.mark.soak
def test_what_a_run_has_not_kept_is_said_so(session: Any, tmp_path: Path) -> None:
    asked = Request(str(TINY), "2014Q2", str(tmp_path), ["quarterly_brief"], engine=SPARK)
    assert run(asked).exit_code == 0
    (folder,) = (asked.folder / "book").iterdir()
    book = open_book(folder)
    assert book.rows("customer_holder", "customer_id")
    with pytest.raises(CannotTally, match="scope_loan"):
        book.rows("scope_loan", "loan_id")


@pytest.mark.soak
def test_java_ends_when_it_is_no_longer_needed() -> None:
    asked = f"""
import psutil
from postloan.figures.engine import EngineChoice
from postloan.run import take_in
def javas():
    return [child.name() for child in psutil.Process().children(recursive=True) if "java" in child.name()]
choice = EngineChoice.of("{SPARK}")
with choice.open(take_in({str(TINY)!r})) as spark:
    assert javas() and spark.execute("SELECT 1 AS one").fetchall() == [(1,)]
choice.end()
assert not javas()
"""
    subprocess.run([sys.executable, "-c", asked], check=True, timeout=300)


def test_every_tally_that_papers_ask_for_is_kept() -> None:
    asked = {
        name for path in Path(details.__file__).parent.glob("*.py") for name in re.findall(r'\.rows\("(\w+)"', path.read_text("utf-8"))
    }
    assert asked
    assert asked <= read_by_papers({*all_themes(), EVERYWHERE}) | QUOTED


@pytest.mark.soak
def test_a_rule_that_asks_for_an_unknown_column_is_the_rules_fault(both: tuple[Book, Engine, str]) -> None:
    rule = next(rule for rule in all_rules().values() if rule.over == "scope_loan")
    with pytest.raises(BadRule, match="no_such_column"):
        _rows(both[1], replace(rule, broken_when="no_such_column > 0"))


@pytest.mark.soak
def test_a_cluster_that_cannot_read_the_shared_folder_is_said_to_be_so(tiny: Book, session: Any, tmp_path: Path) -> None:
    choice = EngineChoice(SPARK, tmp_path)
    with pytest.raises(CannotTally, match="under these paths"), in_schema(tiny.clean.con, tiny.schema), choice.open(tiny.clean) as spark:
        spark.make(tiny.tables, readers(tiny.themes), frozenset())
        shutil.rmtree(next(tmp_path.iterdir()))
        spark.execute("SELECT count(*) FROM scope_loan")
    assert not list(tmp_path.iterdir())


def test_an_engine_is_named_before_anything_is_read(tmp_path: Path) -> None:
    assert EngineChoice.of("duckdb") is IN_PROCESS
    assert EngineChoice.of("spark://local[*]").master == "local[*]"
    assert EngineChoice.of("spark://host:7077", tmp_path) == EngineChoice("spark://host:7077", tmp_path)
    with pytest.raises(BadCommand, match="output folder"):
        EngineChoice.of("spark://host:7077")
    with pytest.raises(BadCommand, match="sparkle"):
        run(Request(str(tmp_path), "2014Q2", str(tmp_path / "out"), engine="sparkle"))
    assert not (tmp_path / "out").exists()


def rows(book: Book, tally: str) -> list[str]:
    """The rows of a tally as one reads them in Python, its columns before them; a Decimal shows its scale."""
    found = book.clean.con.execute(f"SELECT * FROM {tally}")
    return [repr([column[0] for column in found.description]), *sorted(map(repr, found.fetchall()))]


def told(findings: list[Finding]) -> list[str]:
    """Findings in full, their rules by name."""
    return [repr(replace(f, rule=f.rule.name)) for f in findings]  # type: ignore[arg-type]
