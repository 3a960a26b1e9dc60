"""Charts: the same bytes everywhere, every number on its bar, nothing unreadable."""

import hashlib
import io
import os
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise

import pytest
from PIL import Image
from postloan.errors import BadFile
from postloan.papers import charts

UNITS = [("城关支行", 52, 4, 2), ("开发区支行", 18, 0, 0), ("东门支行", 0, 0, 0)]
NOW = {"正常": Decimal(1204588000), "关注": Decimal("35000000.5"), "次级": Decimal(0), "可疑": None, "损失": Decimal(1)}

DRAWN = {
    "timeliness": lambda: charts.timeliness_chart(UNITS),
    "late": lambda: charts.late_chart([(name, late, missing) for name, _, late, missing in UNITS]),
    "findings": lambda: charts.findings_chart([("定期检查报告迟报", 6, 1)]),
    "classification": lambda: charts.classification_chart(NOW, NOW),
}


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def colours(png: bytes) -> set[tuple[int, ...]]:
    found = picture(png).convert("RGB").getcolors(maxcolors=10**6)
    return {colour for count, colour in found if count > 50}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_fills_the_type_area_and_carries_no_date_or_program(name):
    drawn = picture(DRAWN[name]())
    assert drawn.format == "PNG"
    assert drawn.width == int(15.6 / 2.54 * 200)
    assert set(drawn.info) <= {"dpi"}


def test_another_process_with_other_settings_draws_the_same_bytes(tmp_path):
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 20\naxes.unicode_minus: False\n", encoding="utf-8")
    code = "import hashlib, postloan.papers.charts as c; print(hashlib.sha256(c.timeliness_chart(" + repr(UNITS) + ")).hexdigest())"
    env = os.environ | {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == hashlib.sha256(DRAWN["timeliness"]()).hexdigest()


def test_every_series_has_its_colour_in_the_picture_even_where_the_first_unit_has_none():
    drawn = colours(charts.timeliness_chart([("东门支行", 5, 0, 0), ("城关支行", 52, 4, 2)]))
    assert {rgb(series.colour) for series in (charts.ON_TIME, charts.LATE, charts.MISSING)} <= drawn


def test_series_differ_in_grey_so_that_a_black_and_white_print_tells_them_apart():
    for series in ((charts.ON_TIME, charts.LATE, charts.MISSING), (charts.NOW, charts.BEFORE), (charts.DEDUCTED, charts.WAIVED)):
        greys = sorted(Image.new("RGB", (1, 1), rgb(one.colour)).convert("L").getpixel((0, 0)) for one in series)
        assert all(lighter - darker >= 20 for darker, lighter in pairwise(greys))


def test_a_character_the_font_lacks_stops_the_chart_instead_of_printing_a_box():
    with pytest.raises(BadFile, match=r"\(😀 U\+1F600\)"):
        charts.timeliness_chart([("😀支行", 1, 2, 3)])
    with pytest.raises(BadFile, match=r"U\+2A6D6"):
        charts.classification_chart({"正常": Decimal(1), "\U0002a6d6": Decimal(1)})


def test_a_minus_sign_is_in_the_font():
    charts.timeliness_chart([("净增\u2212支行", 1, 0, 0)])


def test_an_undefined_balance_is_not_drawn_as_zero():
    one = {"正常": Decimal(10**8)}
    assert charts.classification_chart({**one, "损失": None}) != charts.classification_chart({**one, "损失": Decimal(0)})


def test_units_past_a_page_are_summed_up_and_the_worst_keep_their_bars():
    rows = [charts.Row(f"第{n}支行", (10, n % 50 == 0, 0)) for n in range(300)]
    rows = [charts.Row(name, [int(n) for n in numbers]) for name, numbers in rows]
    kept, words = charts._shortened(rows, (charts.ON_TIME, charts.LATE, charts.MISSING))
    assert len(kept) == charts.MOST_ROWS
    assert {f"第{n}支行" for n in range(0, 300, 50)} <= {row.name for row in kept}
    assert kept[-1].name == "其余276家"
    assert words == ["按时2760", "迟报0", "未报0"]
    assert picture(charts.timeliness_chart((name, *numbers) for name, numbers in rows)).height < 24.7 / 2.54 * 200


def test_nothing_to_draw_is_said_and_not_drawn():
    with pytest.raises(BadFile, match="nothing to draw"):
        charts.timeliness_chart([])


@pytest.mark.parametrize("name", ["一" * 13 + "支行", "a" * 60])
def test_a_long_name_stays_inside_the_picture(name):
    drawn = picture(charts.timeliness_chart([(name, 1, 1, 1)])).convert("L")
    assert min(drawn.crop((0, 0, 8, drawn.height)).tobytes()) == 255
