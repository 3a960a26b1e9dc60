"""CSV as clerks and systems write it."""

import pytest
from postloan.data.intake import open_package

UNIT = "机构编号,机构名称,机构层级\n001,总行,总行\n002,城北支行,支行\n"


def opened(folder, content, name="unit.csv", encoding="utf-8"):
    (folder / name).write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return open_package(folder)


def cells(package, table="unit"):
    grid = package.sources[table].data
    return [row[:-1] for row in zip(*(c.to_pylist() for c in grid.cells.columns), strict=True)]


def checks(package):
    return [problem.check for problem in package.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_cells(tmp_path, encoding):
    package = opened(tmp_path, UNIT, encoding=encoding)
    assert cells(package) == [("001", "总行", "总行"), ("002", "城北支行", "支行")]
    assert not package.problems


def test_a_rare_name_that_gbk_lacks_is_read(tmp_path):
    assert cells(opened(tmp_path, UNIT.replace("城北", "䶮"), encoding="gb18030"))[1][1] == "䶮支行"


def test_utf8_is_never_taken_for_gb18030(tmp_path):
    text = "unit_id,unit_name,level\n1,客户,支行\n"
    assert "瀹㈡埛" in text.encode().decode("gb18030")
    assert cells(opened(tmp_path, text))[0][1] == "客户"


def test_two_byte_order_marks_do_not_hide_the_first_column(tmp_path):
    assert not opened(tmp_path, "\ufeff\ufeff" + UNIT).problems


@pytest.mark.parametrize("content", [b"\x00\x01\x02PNG", UNIT.encode("utf-16-le"), b"\xff\xff\xff"])
def test_what_is_no_text_is_refused(tmp_path, content):
    assert checks(opened(tmp_path, content)) == ["unreadable_file"]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_another_delimiter_is_found_by_the_header(tmp_path, delimiter):
    assert cells(opened(tmp_path, UNIT.replace(",", delimiter)))[0] == ("001", "总行", "总行")


def test_rows_are_numbered_as_an_editor_does(tmp_path):
    text = '查询结果\n\n机构编号,机构名称,机构层级\n001,"总\n行",总行\n\n002,"城北""支行",支行\n'
    package = opened(tmp_path, text)
    assert package.sources["unit"].data.cells.column("_row").to_pylist() == [4, 7]
    assert cells(package)[1][1] == '城北"支行'


def test_a_quote_that_is_not_closed_or_stands_inside_costs_its_line(tmp_path):
    package = opened(tmp_path, UNIT + '003,"城南,支行\n004,城"东"支行,支行\n005,"城西"支行,支行\n006,城中,支行\n')
    grid = package.sources["unit"].data
    assert [(c.row, c.check) for c in grid.odd] == [(4, "broken_quotes"), (6, "broken_quotes")]
    assert [row for row in grid.cells.column("_row").to_pylist() if row > 1] == [2, 3, 4, 5, 6, 7]


def test_a_line_that_is_no_text_costs_itself(tmp_path):
    lines = (UNIT + "003,城南,支行\n").encode().splitlines(keepends=True)
    package = opened(tmp_path, b"".join([*lines[:2], "002,城北,支行\n".encode("gb18030"), lines[3]]))
    assert [(c.row, c.check) for c in package.sources["unit"].data.odd] == [(3, "unreadable_line")]
    assert cells(package)[2] == ("003", "城南", "支行")
    half = UNIT.encode("gb18030").replace("行\n".encode("gb18030"), b"\xd0\n", 1)
    assert len(opened(tmp_path, half).sources["unit"].data.odd) <= 1


def test_control_characters_and_padding_are_taken_out(tmp_path):
    package = opened(tmp_path, UNIT.replace("总行", "总\x07行\0\0\ufffe", 1).encode() + b"003,\xed\xa0\x80A,\xe6\x94\xaf\xe8\xa1\x8c\n")
    assert (cells(package)[0][1], cells(package)[2][1]) == ("总行", "A")
    assert [(p.check, p.consequence) for p in package.problems] == [("control_character", "note")]


def test_rows_with_too_many_or_too_few_fields_are_listed_and_trailing_commas_are_not(tmp_path):
    package = opened(tmp_path, UNIT + "003,城南支行,支行,多\n004,城东\n005,城西,支行,,\n")
    assert [(c.row, c.check) for c in package.sources["unit"].data.odd] == [(4, "too_many_fields"), (5, "too_few_fields")]


def test_a_missing_final_line_break_is_noted(tmp_path):
    (problem,) = opened(tmp_path, UNIT.rstrip("\n")).problems
    assert (problem.check, problem.consequence) == ("no_final_line_break", "note")
    assert not opened(tmp_path, UNIT.replace("\n", "\r\n")).problems


@pytest.mark.parametrize("content", ["", "\n\n", "姓名\n张三\n", "a,b,c\n1,2,3\n"])
def test_a_file_without_a_header_is_told_what_it_needs(tmp_path, content):
    (problem,) = opened(tmp_path, content).problems
    assert problem.check == "no_header"
    assert "机构编号" in problem.says


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    assert cells(opened(tmp_path, "unit_id,unit_name,level\n")) == []


def test_a_field_longer_than_any_cell_costs_its_line(tmp_path):
    package = opened(tmp_path, UNIT + "003," + "长" * 1_000_001 + ",支行\n004,城东,支行\n")
    assert [(c.row, c.check) for c in package.sources["unit"].data.odd] == [(4, "broken_quotes")]


def test_a_text_named_xls_is_read_as_text(tmp_path):
    assert cells(opened(tmp_path, UNIT.replace(",", "\t"), name="机构.xls", encoding="gb18030"))[0][0] == "001"
