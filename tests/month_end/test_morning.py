"""The morning page: what it says without a program running, what it never says, and what a person can do with it in a browser."""

import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from browser import CHROMIUM, browser
from notebookrun.job import FAILED, MADE, NOT_STARTED, STATES, TIMED_OUT, UNCHANGED, Job
from postloan.month_end import morning
from postloan.month_end.morning import EXIT_CODES, STATE_NAMES, beijing, href, lasted, morning_page
from postloan.month_end.run_record import BookUsed, Record, Variance, read_record, record_of
from postloan.problem import DROP, NOTE, STOP, Problem

BRIEF, PAPER = ("quarterly_brief", "贷后管理工作小结"), ("monitoring_paper", "在线监测工作底稿")
CUSTOMER = "张三钢铁有限公司"


def job(kind=PAPER, unit="001", name="城东支行", state=MADE, **more):
    made = {"files": [f"{kind[0]}/{unit}_{name}.docx"], "seconds": 2.5, "tries": 1, "started": "2014-06-30T17:00:05+00:00"}
    ran = {"notebook": f"notebooks/{kind[0]}/{unit}.ipynb"} if state not in (UNCHANGED, NOT_STARTED) else {}
    return Job(*kind, unit, name, state, **{**(made if state == MADE else {}), **ran, **more})


def record(*jobs, **more):
    given = {"ended": "2014-06-30T17:12:31+00:00", "book": BookUsed("c0ffee" * 10, True, 12.3), "moved": [], **more}
    return Record(
        {"data": "d", "out": "o"},
        "2014Q2",
        "2014-06-30",
        {"name": "branch2014", "version": "2014.1"},
        "0.5.0",
        "2014-06-30T17:00:00+00:00",
        jobs=list(jobs),
        **given,
    )


class Reader(HTMLParser):
    """Texts, links and tables by id, as one without JavaScript sees them."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.links, self.tables, self.tags = [], [], {}, []
        self._table, self._cell, self._quiet = None, None, False
        self.feed(page.decode())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self._quiet = tag in ("style", "script")
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "table":
            self._table = self.tables.setdefault(attributes.get("id"), [])
        if tag == "tr":
            self._table.append([])
        if tag in ("td", "th"):
            self._table[-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        self._quiet = False
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data):
        if self._quiet:
            return
        self.texts.append(data)
        if self._cell:
            self._table[-1][-1] += data

    @property
    def text(self):
        return "".join(self.texts)


def read(*jobs, problems=(), **more):
    return Reader(morning_page(record(*jobs, **more), problems))


# What it says


@pytest.mark.parametrize(
    ("more", "states", "says"),
    [
        ({}, [MADE, MADE], "全部完成"),
        ({}, [UNCHANGED, UNCHANGED], "全部未变，无需重做"),
        ({"exit_code": 1}, [MADE, FAILED, NOT_STARTED], "2 项未生成"),
        ({"exit_code": 3, "stopped": "2 problems in the data stop the run"}, [], "运行中止"),
        ({"ended": ""}, [MADE, NOT_STARTED], "运行未结束"),
    ],
)
def test_the_head_answers_in_one_look(more, states, says):
    page = read(*(job(unit=f"{n:03d}", state=state) for n, state in enumerate(states)), **more)
    assert says in page.text and f"退出码 {more.get('exit_code', 0)}：{EXIT_CODES[more.get('exit_code', 0)]}" in page.text
    assert "2014-07-01 01:00:00 至" in page.text
    good = more.get("exit_code", 0) == 0 and not {FAILED, NOT_STARTED} & set(states)
    assert ("header", {"class": "good" if good else "bad"}) in page.tags


def test_a_paper_without_its_preview_is_told_though_every_job_was_made():
    documents = {"quarterly_brief": {"previews_failed": {"小结.docx": "LibreOffice took too long"}}}
    page = read(job(BRIEF, "", ""), documents=documents, exit_code=1)
    assert "PDF 预览未全部生成" in page.text and "LibreOffice took too long" in page.text


def test_what_was_not_made_comes_first_one_line_a_reason_and_links_to_the_notebook():
    late = [job(unit=f"{n:03d}", state=TIMED_OUT, reason="the notebook took more than 600 s") for n in range(12)]
    page = read(job(state=FAILED, unit="900", reason="cell [3]: KeyError"), *late, job(unit="901", state=NOT_STARTED), exit_code=1)
    assert [row[:4] for row in page.tables["not-made"][1:]] == [
        [PAPER[1], "超时", "12", "the notebook took more than 600 s"],
        [PAPER[1], "失败", "1", "cell [3]: KeyError"],
        [PAPER[1], "未开始", "1", ""],
    ]
    assert "notebooks/monitoring_paper/900.ipynb" in page.links
    assert next(iter(page.tables)) == "not-made"


def test_every_state_and_every_consequence_has_its_chinese_word():
    assert STATE_NAMES.keys() == set(STATES)
    page = read(*(job(unit=state, state=state) for state in STATES), exit_code=1)
    assert [row[3] for row in sorted(page.tables["jobs"][1:], key=lambda row: row[1])] == [STATE_NAMES[state] for state in sorted(STATES)]


def test_problems_stand_together_stops_first_with_rows_and_no_values():
    problems = [Problem("bad_money", DROP, "借据.csv", "", n, "principal", f"{n}万", f"'{n}万' is no amount") for n in range(3, 20)]
    problems += [Problem("no_header", STOP, "客户.xlsx", "Sheet1", None, "", "", "no header row was found")]
    problems += [Problem("unread", NOTE, f"{CUSTOMER}.docx", "", None, "report_file", "", f"{CUSTOMER}.docx cannot be read")]
    page = read(problems=problems, exit_code=3, stopped="1 problem stops the run")
    assert page.tables["problems"][1:] == [
        ["终止运行", "no_header", "客户.xlsx", "Sheet1", "", "1", "", "no header row was found"],
        ["剔除该行", "bad_money", "借据.csv", "", "principal", "17", "3、4、5、6、7、8、9、10 …", ""],
        ["提示", "unread", "*.docx", "", "report_file", "1", "", ""],
    ]


def test_variances_are_in_bankers_units_the_banks_first_then_the_largest():
    moved = [
        Variance("customers_in_scope", "口径内客户", "unit", "002", "城西支行", "户", "10", "14", "0.4", "0.3"),
        Variance("loan_balance", "贷款余额", "unit", "003", "城南支行", "元", "120000000", "30000000", "-0.75", "0.3"),
        Variance("npl_ratio", "不良贷款率", "bank", "", "全行", "ratio", "0.0123", "0.0723", "0.06", "0.05"),
        Variance("on_time_rate", "报告及时率", "unit", "002", "城西支行", "ratio", "", "1", "", "0.05"),
        Variance("", "本期新出现的机构", "unit", "009", "新区支行", "", "", "", "", ""),
    ]
    assert read(moved=moved).tables["moved"][1:] == [
        ["全行", "不良贷款率", "1.23%", "7.23%", "上升6.00个百分点", "5.00个百分点"],
        ["009 新区支行", "本期新出现的机构", "—", "—", "—", "—"],
        ["003 城南支行", "贷款余额", "12,000.00万元", "3,000.00万元", "减少75.0%", "30%"],
        ["002 城西支行", "口径内客户", "10户", "14户", "增加40.0%", "30%"],
        ["002 城西支行", "报告及时率", "不适用", "100.00%", "由不适用变为有值", "5.00个百分点"],
    ]


def test_more_variances_than_a_person_reads_are_counted_and_not_all_shown():
    moved = [Variance("npl_ratio", "不良贷款率", "unit", f"{n}", "支行", "ratio", "0", "0.1", "0.1", "0.05") for n in range(1000)]
    page = read(moved=moved)
    assert len(page.tables["moved"]) == morning.MOVED_SHOWN + 1 and "共 1000 项；此处列出 300 项" in page.text


def test_nothing_to_compare_with_is_not_nothing_moved():
    assert "没有可比的上期数据" in read(moved=None).text
    assert "没有指标的变动超过" in read(moved=[]).text


def test_what_the_run_found_unchanged_is_said():
    page = read(job(), job(unit="002", state=UNCHANGED, files=["a.docx"]), book=BookUsed("ab" * 32, False, 0.4))
    assert "数据账册未变，沿用上次" in page.text and "1 项重新生成，1 项未变沿用" in page.text
    assert "本次重新计算" in read(job()).text


def test_durations_leave_out_what_did_not_run():
    page = read(*(job(unit=f"{n}", seconds=float(n)) for n in range(1, 6)), job(unit="9", state=UNCHANGED), job(BRIEF, "", "", seconds=9.0))
    assert page.tables["durations"][1:] == [[PAPER[1], "5", "15.0", "3.0", "5.0"], [BRIEF[1], "1", "9.0", "9.0", "9.0"]]
    assert page.tables["slowest"][1][:2] == [BRIEF[1], "全行"]


# What it never says or does


def test_a_foreign_error_is_cut_to_its_class_and_ours_is_not():
    cut = job(state=FAILED, reason=f"cell [3]: KeyError: '{CUSTOMER}'")
    ours = job(unit="002", state=FAILED, reason="cell [4]: BadTemplate: body.docx: unknown name 'npl'")
    page = morning_page(record(cut, ours, exit_code=1)).decode()
    assert CUSTOMER not in page and "cell [3]: KeyError" in page and "unknown name &#39;npl&#39;" in page


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "a & b's %20 \ud800"])
def test_names_are_shown_as_they_are_and_run_nothing(evil):
    page = morning_page(record(job(name=evil, unit=evil, files=[f"x/{evil}.docx"]), job(state=FAILED, reason=evil), exit_code=1))
    read_back = Reader(page)
    assert [tag for tag, _ in read_back.tags if tag in ("script", "img")] == ["script"]
    assert evil.encode(errors="replace").decode() in read_back.text


@pytest.mark.parametrize("path", ["监测/001_城东 支行.docx", 'a/100%\'s "x"#1?.docx', "a/b:c&d.docx"])
def test_links_lead_to_the_file_whatever_its_name(path):
    page = read(job(files=[path], notebook=""))
    found = [link for link in page.links if unquote(link) == path]
    assert found and found[0].isascii() and not re.search(r"[\s\"'#?:&]", found[0])


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/run.json", "a/../../b", "\\\\server\\share", ""])
def test_no_link_leads_out_of_the_folder(path):
    assert href(path) == ""


def test_nothing_is_fetched_and_only_its_own_program_may_run():
    page = read(job())
    assert not [a for _, a in page.tags for name in ("src", "action") if name in a]
    assert not [a for tag, a in page.tags if tag == "link"] and not [link for link in page.links if ":" in link]
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    assert not [a for _, a in page.tags if "style" in a or any(name.startswith("on") for name in a)]


def test_the_same_record_gives_the_same_bytes_in_any_time_zone(monkeypatch):
    import time

    made = set()
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        if hasattr(time, "tzset"):
            time.tzset()
        made.add(morning_page(record(job(), job(unit="002"))))
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
    assert len(made) == 1
    assert morning_page(record(job(unit="002"), job())) in made, "the order in which workers ended is of no account"


def test_the_page_of_what_run_json_holds_is_the_page_of_the_record(tmp_path):
    whole = record(job(), job(unit="002", state=FAILED, reason="x"), moved=[Variance(*"abcdefghij")], exit_code=1)
    whole = replace(whole, moved=[Variance("npl_ratio", "不良贷款率", "bank", "", "全行", "ratio", "0.01", "0.2", "0.19", "0.05")])
    (tmp_path / "run.json").write_text(json.dumps(asdict(whole), ensure_ascii=False), encoding="utf-8")
    again = read_record(tmp_path / "run.json")
    assert again == whole and morning_page(again) == morning_page(whole)
    assert record_of({**asdict(whole), "of_a_later_program": 1}) == whole
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"run\.json"):
        read_record(tmp_path / "run.json")


def test_times_are_beijings_and_a_clock_set_back_gives_no_duration():
    assert beijing("2014-06-30T17:00:00+00:00") == "2014-07-01 01:00:00" and beijing("soon") == "soon"
    assert lasted("2014-06-30T17:00:00+00:00", "2014-06-30T18:02:03+00:00") == "1小时2分3秒"
    assert lasted("2014-06-30T17:00:00+00:00", "2014-06-30T16:00:00+00:00") == "" == lasted("2014-06-30T17:00:00+00:00", "")


# In a browser

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
COLUMN = "Array.from(document.querySelectorAll('#jobs tbody tr:not([hidden]) td:nth-child({})'), cell => cell.textContent)"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    pytest.importorskip("websocket")
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def night(chromium, tmp_path):
    """The page of three units and the bank, open in the browser, with one paper behind its link."""
    jobs = [
        job(unit="010", name="城东支行", seconds=10.5),
        job(unit="002", name="城西支行", seconds=9.5),
        job(unit="001", name="北河支行", state=FAILED, tries=3, seconds=100.0, reason="cell [3]: KeyError"),
        job(unit="003", name="阿里支行", state=NOT_STARTED),
        job(BRIEF, "", "", files=["季度 小结 100%.html"], seconds=1.0),
    ]
    (tmp_path / "季度 小结 100%.html").write_text("<title>the paper</title>", encoding="utf-8")
    (tmp_path / "morning.html").write_bytes(morning_page(record(*jobs, exit_code=1)))
    chromium.open(tmp_path / "morning.html")
    return chromium


@in_a_browser
def test_a_click_on_a_head_sorts_by_it_and_another_turns_it_round(night):
    night.click("#jobs th:nth-child(6) [role]")
    assert night.value(COLUMN.format(6)) == ["1.0", "9.5", "10.5", "100.0", ""], "as numbers, what never ran last"
    night.click("#jobs th:nth-child(6) [role]")
    assert night.value(COLUMN.format(6)) == ["100.0", "10.5", "9.5", "1.0", ""]
    assert night.value("document.querySelector('#jobs th:nth-child(6)').getAttribute('aria-sort')") == "descending"
    night.press("Enter")
    assert night.value(COLUMN.format(6))[0] == "1.0", "the head that was clicked has the focus, and the keyboard sorts as well"


@in_a_browser
def test_every_column_sorts(night):
    for column in range(1, 10):
        night.click(f"#jobs th:nth-child({column}) [role]")
        assert night.value("document.querySelectorAll('#jobs tbody tr').length") == 5
        assert night.value(f"document.querySelector('#jobs th:nth-child({column})').getAttribute('aria-sort')") == "ascending"
    night.click("#jobs th:nth-child(3) [role]")
    assert night.value(COLUMN.format(3)) == ["阿里支行", "北河支行", "城东支行", "城西支行", "全行"], "as Chinese sorts: by pinyin"


@in_a_browser
def test_filters_by_unit_document_and_state_hide_the_rest_and_count(night):
    night.click("#filter input")
    night.type("城 支行")
    assert night.value(COLUMN.format(2)) == ["002", "010"] and night.value("document.getElementById('shown').textContent") == "2"
    night.click("#filter button")
    assert night.value("new Promise(done => setTimeout(() => done(document.getElementById('shown').textContent), 20))") == "5"
    choose = "(() => {{ const s = document.querySelector('select[name={}]'); s.value = '{}'; s.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    night.value(choose.format("state", "!"))
    assert night.value(COLUMN.format(4)) == ["失败", "未开始"]
    night.value(choose.format("document", BRIEF[1]))
    assert night.value(COLUMN.format(1)) == []
    night.value(choose.format("state", ""))
    assert night.value(COLUMN.format(1)) == [BRIEF[1]]


@in_a_browser
def test_a_link_opens_the_paper_behind_a_difficult_name(night):
    night.click("#jobs tbody tr:last-child a")
    assert night.value("new Promise(done => setTimeout(() => done(document.title), 500))") == "the paper"


@pytest.mark.soak
@in_a_browser
def test_nine_thousand_jobs_are_sorted_and_filtered_and_no_script_complains(chromium, tmp_path):
    jobs = [job(unit=f"{n:04d}", name=f"第{n}支行", seconds=n % 97 / 7) for n in range(9000)]
    (tmp_path / "morning.html").write_bytes(morning_page(record(*jobs)))
    chromium.open(tmp_path / "morning.html")
    chromium.click("#jobs th:nth-child(2) [role]")
    chromium.click("#jobs th:nth-child(2) [role]")
    assert chromium.value("document.querySelector('#jobs tbody td:nth-child(2)').textContent") == "8999"
    chromium.click("#filter input")
    chromium.type("第899")
    assert chromium.value("document.getElementById('shown').textContent") == "11"
    assert chromium.complaints == []
