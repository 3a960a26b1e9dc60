"""The sections of reports in the layouts that banks use, several at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.data.schema import all_tables
from postloan.errors import BadPolicy
from postloan.inspection_reports.sections.section_names import NAMES, SectionAliases, SectionNames, key, section_names
from postloan.inspection_reports.sections.section_reader import read_sections, sections_of
from postloan.inspection_reports.word_text.final_text import final_text

from tests.inspection_reports.word_reports.drawn import SPACES, STYLES, counted, p, r, sdt, styled, tbl, tc, tr, word

TITLES = all_tables()["report_section"].fields["section"].values


def read(*body: str, **kwargs) -> dict[str, str]:
    return sections_of(final_text(word(*body, **kwargs)))


def test_every_section_of_the_contract_is_known_by_its_own_name():
    assert {section: section_names().named(title, marked=False) for section, title in TITLES.items()} == {s: (s,) for s in TITLES}


def test_headings_by_style_with_numbers_in_front():
    body = [styled("贷后检查报告", "1")]
    for number, title in zip("一二三四五六七八", TITLES.values(), strict=True):
        body += [styled(f"{number}、{title}", "1"), p(f"{title}的内容"), p("第二段")]
    assert read(*body) == {section: f"{title}的内容\n第二段" for section, title in TITLES.items()}


@pytest.mark.parametrize("write", ["{}、{}", "（{}）{}：", "第{}部分 {}", "  {}、  {}（必填，不少于100字）", "{}、【{}】"])
def test_plain_paragraphs_with_numbers_in_front(write):
    body = []
    for number, title in zip("一二三四五六七八", TITLES.values(), strict=True):
        body += [p(write.format(number, title)), p(f"{title}的内容")]
    assert read(*body) == {section: f"{title}的内容" for section, title in TITLES.items()}


def test_headings_that_word_numbers_itself():
    body = [
        counted("资金归行", 5),
        p("归行甲"),
        counted("明细一", 6),
        counted("其他事项", 5),
        p("别的"),
        counted("经营情况", 5),
        p("经营乙"),
    ]
    assert read(*body) == {"sales_return": "归行甲\n明细一", "operations": "经营乙"}


def test_names_alone_on_a_line_and_spread_over_it():
    assert read(p("销售资金归行分析"), p("甲"), p("检　查　结　论"), p("乙")) == {"sales_return": "甲", "conclusion": "乙"}


def test_answers_that_run_on_behind_the_name():
    body = p("1、销售资金归行分析：本季归行80%。"), p("2．财务状况。良好，负债率60%"), p("检查结论：正常")
    assert read(*body) == {"sales_return": "本季归行80%。", "finance": "良好，负债率60%", "conclusion": "正常"}


def test_long_notes_in_brackets_are_no_part_of_a_name():
    note = "（请结合企业销售收入和账户流水：分析本季度归行金额、归行比例及变化原因。低于上季度的说明原因，不少于200字）"
    assert read(p(f"一、销售资金归行分析{note}"), p("甲"), p(f"二、检查结论{note}：正常")) == {"sales_return": "甲", "conclusion": "正常"}
    assert read(tbl(tr(f"财务情况{note}", "乙"))) == {"finance": "乙"}


def test_a_soft_line_break_ends_a_name():
    assert read(p("一、检查结论", inside="<w:r><w:br/><w:t>正常</w:t></w:r>")) == {"conclusion": "正常"}


def test_an_unknown_heading_ends_a_section_and_a_list_inside_does_not():
    body = p("一、销售资金归行分析"), p("1、本季归行"), p("2、上季归行"), p("二、其他事项"), p("别的"), p("三、检查结论"), p("正常")
    assert read(*body) == {"sales_return": "1、本季归行\n2、上季归行", "conclusion": "正常"}


def test_a_list_inside_may_have_the_same_numbers_as_the_headings():
    body = p("1、销售资金归行分析"), p("1、本季"), p("2、上季"), p("2、客户生产经营综合核查分析"), p("1、产能"), p("3、其他"), p("4、无关")
    assert read(*body)["operations"] == "1、产能" and read(*body)["sales_return"] == "1、本季\n2、上季"


def test_a_section_inside_another_takes_its_own_text_and_gives_way_again():
    body = p("三、客户财务情况核查"), p("（一）资产"), p("甲"), p("（二）企业现金流分析"), p("乙"), p("（三）负债"), p("丙")
    assert read(*body) == {"finance": "（一）资产\n甲\n（三）负债\n丙", "cash_flow": "乙"}


def test_styled_subheadings_stay_in_their_section_and_a_styled_heading_ends_it():
    body = styled("销售资金归行分析", "1"), styled("归行明细", "2"), p("甲"), styled("其他", "1"), p("乙")
    assert read(*body) == {"sales_return": "归行明细\n甲"}


def test_a_heading_of_two_sections_gives_both_its_text():
    assert read(p("四、上下游交易对手分析及企业现金流分析"), p("甲")) == {"counterparties": "甲", "cash_flow": "甲"}


def test_a_short_name_counts_only_where_something_marks_it():
    assert read(p("二、经营情况"), p("现金流"), p("正常"), p("三、企业现金流分析"), p("紧")) == {
        "operations": "现金流\n正常",
        "cash_flow": "紧",
    }


def test_a_doubtful_name_gives_a_section_that_is_found_nowhere_else_and_takes_no_text_away():
    assert read(p("二、经营情况"), p("现金流"), p("正常")) == {"operations": "现金流\n正常", "cash_flow": "正常"}
    assert read(p("二、经营情况"), p("正常"), p("三、关于财务的说明"), p("良好")) == {"operations": "正常", "finance": "良好"}
    assert read(p("二、经营情况"), p("现金流充足，正常")) == {"operations": "现金流充足，正常"}


def test_a_short_marked_line_that_speaks_of_a_missing_section_is_it_with_its_words():
    body = p("一、财务情况"), p("甲"), p("二、贷款资金及销售归行"), p("乙"), p("三、上、下游情况，稳定"), p("四.现金流充足")
    assert read(*body) == {
        "finance": "甲", "sales_return": "贷款资金及销售归行\n乙", "counterparties": "上、下游情况，稳定", "cash_flow": "现金流充足",
    }  # fmt: skip


def test_headings_beside_those_of_sections_that_nobody_knows_are_strange_and_the_usual_others_are_not():
    def strange(*lines):
        return read_sections(final_text(word(*(part for line in lines for part in (p(line), p("甲")))))).strange

    assert strange("一、财务情况", "二、钱款运转") == ["二、钱款运转"]
    assert strange("一、财务情况", "二、企业基本情况", "三、其他事项", "四、存在问题及建议") == []
    assert strange("一、财务情况", "1、钱款运转", "二、本季销售1200万元，较上季增加") == []


NUMBERS = {
    "{} {}": "一二三四五", "   {}{}": "一二三四五", "{}　{}": "12345", "{} {} ": "12345", "{}. {}": "12345", "{}、{}": "壹贰叁肆伍", "{}）{}": "一二三四五",
    "（{}）{}": "壹贰叁肆伍", "{}、 {}": "ⅠⅡⅢⅣⅤ", "{}.{}": ["I", "II", "III", "IV", "V"], "{}{}": "⑴⑵⑶⑷⑸", "  {}{}": "⒈⒉⒊⒋⒌", "{} {}：": "㈠㈡㈢㈣㈤", "{}、{}。": "㊀㊁㊂㊃㊄",
    "{}{} ": "❶❷❸❹❺", "{}．{}": "ABCDE", "第{}，{}": "一二三四五", "●{}、{}": "一二三四五", "【{}】{}": "一二三四五", "{}：{}": "一二三四五", "{}-{}": "12345", "{} 、{}": "一二三四五",
}  # fmt: skip


@pytest.mark.parametrize(("write", "numbers"), NUMBERS.items())
@pytest.mark.parametrize("short", [False, True])
def test_numbers_of_every_kind_mark_a_heading(write, numbers, short):
    titles = ["资金归行", "经营情况", "财务情况", "交易对手", "现金流"] if short else list(TITLES.values())[:5]
    texts = [f"{title}见下文，没有异常" for title in titles]
    body = [part for number, title, text in zip(numbers, titles, texts, strict=True) for part in (p(write.format(number, title)), p(text))]
    assert read(p("贷后检查报告"), *body) == dict(zip(list(TITLES)[:5], texts, strict=True))


@pytest.mark.parametrize("line", ["3 家企业停产", "五 年以上账龄较多", "2台设备停用", "I型产品较多", "A级客户较多"])
def test_a_line_that_begins_with_a_number_ends_no_section(line):
    assert read(p("一 财务情况"), p("甲"), p("二 经营情况"), p(line), p("乙")) == {"finance": "甲", "operations": f"{line}\n乙"}


@pytest.mark.parametrize("mark", [{"bold": True}, {"middle": True}, {"style": True}])
def test_bold_or_centred_letters_mark_a_short_name(mark):
    def name(text):
        if "style" in mark:
            return styled(text, "loud")
        return p("", inside=r(text[:2], "<w:b/>") + r(text[2:], "<w:b/>")) if "bold" in mark else p(text, '<w:jc w:val="center"/>')

    loud = '<w:style w:type="paragraph" w:styleId="loud"><w:name w:val="自用"/><w:rPr><w:b/></w:rPr></w:style>'
    body = name("销售资金归行"), p("甲"), name("经营情况"), name("企业现金流"), p("乙"), p("", inside=r("其他", '<w:b w:val="0"/>'))
    assert read(*body, styles=STYLES + loud) == {"sales_return": "甲", "operations": "", "cash_flow": "乙\n其他"}


@pytest.mark.parametrize(
    ("line", "sections"),
    [
        ("四、上下游及现金流情况分析", "counterparties cash_flow"),
        ("三、经营及财务情况", "operations finance"),
        ("（二）生产经营、财务状况和现金流", "operations finance cash_flow"),
        ("2. 销售归行与现金流量分析", "sales_return cash_flow"),
        ("三、客户财务情况说明", "finance"),
        ("三、财务情况如何？", "finance"),
    ],
)
def test_a_combined_name_is_each_of_its_sections(line, sections):
    assert read(p(line), p("甲")) == dict.fromkeys(sections.split(), "甲")


@pytest.mark.parametrize("line", ["1、经营正常，财务良好", "（一）财务及人员", "2、经营性收支"])
def test_a_line_of_a_list_is_no_combined_name(line):
    assert read(p("一、客户财务情况核查"), p(line), p("二、客户生产经营综合核查分析"), p("乙")) == {"finance": line, "operations": "乙"}


def test_questions_are_labels_of_their_sections():
    rows = tr("企业销售资金是否归行我行？", "是，归行360万元"), tr("生产经营有无异常变化？", "无异常"), tr("现金流能否覆盖到期债务?", "能")
    assert read(tbl(tr("客户", "甲"), *rows)) == {"sales_return": "是，归行360万元", "operations": "无异常", "cash_flow": "能"}
    assert read(p("1.财务状况是否恶化？"), p("没有"), p("2.上下游是否稳定？"), p("稳定")) == {"finance": "没有", "counterparties": "稳定"}


def test_a_sentence_that_mentions_a_name_is_no_heading():
    assert read(p("一、检查结论"), p("1、销售资金归行分析缺少具体数据，应补充"), p("财务情况分析不足")) == {
        "conclusion": "1、销售资金归行分析缺少具体数据，应补充\n财务情况分析不足"
    }


def test_signatures_end_the_last_section_and_only_the_last():
    body = (
        p("一、客户生产经营综合核查分析"),
        p("客户经理：张三陪同"),
        p("甲"),
        p("二、检查结论"),
        p("正常"),
        p("检查人：李四"),
        p("2014年6月18日"),
    )
    assert read(*body) == {"operations": "客户经理：张三陪同\n甲", "conclusion": "正常"}


def test_a_table_of_contents_is_no_section():
    contents = [
        p("", inside=r(f"{n}、{t}") + "<w:r><w:tab/></w:r>" + r("3")) for n, t in zip("一二", list(TITLES.values())[:2], strict=True)
    ]
    assert read(*contents, p("一、销售资金归行分析"), p("甲")) == {"sales_return": "甲"}


def test_a_line_of_figures_with_tabs_is_text():
    assert read(p("一、客户财务情况核查"), p("", inside=r("营业收入") + "<w:r><w:tab/></w:r>" + r("500"))) == {"finance": "营业收入\t500"}


def test_a_section_with_nothing_in_it_is_blank_not_absent():
    assert read(p("一、销售资金归行分析"), p("二、检查结论"), p("正常")) == {"sales_return": "", "conclusion": "正常"}


def test_a_table_under_a_heading_is_text_of_its_section_even_if_a_cell_sounds_like_a_name():
    figures = tbl(tr("项目", "本期"), tr("现金流量", "500"), tr("现金流量分析", "充足"))
    assert read(p("三、客户财务情况核查"), figures, p("丙")) == {"finance": "项目\t本期\n现金流量\t500\n现金流量分析\t充足\n丙"}


def test_a_form_of_two_columns():
    rows = [tr(title, tc(f"{title}的内容", "第二段")) for title in TITLES.values()]
    assert read(p("贷后检查报告"), tbl(tr("客户名称", "某公司"), *rows)) == {s: f"{t}的内容\n第二段" for s, t in TITLES.items()}


@pytest.mark.parametrize(
    "drawn", [lambda n, t: tbl(tr(f"{n}、{t}")), lambda n, t: tbl(tr(n, t)), lambda n, t: tbl(tr(tc(f"{n} {t}", span=2)))]
)
def test_a_table_drawn_around_a_heading_is_a_heading(drawn):
    body = [part for n, t in zip("一二三", ["资金归行", "经营情况", "财务情况"], strict=True) for part in (drawn(n, t), p(f"{t}的内容"))]
    assert read(*body) == {"sales_return": "资金归行的内容", "operations": "经营情况的内容", "finance": "财务情况的内容"}


def test_text_under_a_form_answers_its_last_name_where_the_form_has_no_room_for_it():
    assert read(tbl(tr("客户", "甲"), tr(tc("一、检查结论", span=2))), p("正常")) == {"conclusion": "正常"}
    assert read(tbl(tr("财务情况", "好"), tr("检查结论", "")), p("检查人：甲"), p("某日")) == {"finance": "好", "conclusion": ""}


def test_a_form_of_four_columns():
    assert read(tbl(tr("销售资金归行分析", "甲", "经营情况", "乙"), tr("财务情况", "", "结论", "丁"))) == {
        "sales_return": "甲", "operations": "乙", "finance": "", "conclusion": "丁",
    }  # fmt: skip


def test_a_form_with_the_answer_under_the_name():
    rows = (
        tr(tc("一、销售资金归行分析", span=2)),
        tr(tc("甲", span=2)),
        tr(tc("二、检查结论", span=2)),
        tr("乙", "丙"),
        tr(tc("三、其他", span=2)),
        tr("x", "y"),
    )
    assert read(tbl(*rows)) == {"sales_return": "甲", "conclusion": "乙\t丙"}


def test_a_form_with_names_over_columns():
    assert read(tbl(tr("担保情况分析", "后续营销机会"), tr("足值", "代发工资"))) == {"guarantee": "足值", "marketing": "代发工资"}


def test_a_form_whose_name_is_merged_over_several_rows():
    rows = (
        tr(tc("客户财务情况核查", merge="restart"), "负债率", "60%"),
        tr(tc("", merge="continue"), "流动比率", "1.5"),
        tr("检查结论", tc("正常", span=2)),
    )
    assert read(tbl(*rows)) == {"finance": "负债率\t60%\n流动比率\t1.5", "conclusion": "正常"}


def test_a_form_whose_name_has_blank_cells_under_it():
    assert read(tbl(tr("财务情况", "负债率", "60%"), tr("", "流动比率", "1.5"), tr("结论", "正常", ""))) == {
        "finance": "负债率\t60%\n流动比率\t1.5",
        "conclusion": "正常",
    }


def test_a_name_written_downwards_in_a_narrow_cell():
    assert read(tbl(tr(tc("检", "查", "结", "论"), "正常"), tr(tc("销售资金", "归行分析"), "甲"))) == {
        "conclusion": "正常",
        "sales_return": "甲",
    }


def test_a_name_with_a_note_beside_it_and_the_answer_in_the_same_cell():
    rows = tr(tc("销售资金归行分析（单位：万元）", "本季归行500万元")), tr(tc("检查结论：正常")), tr(tc("其他", "无关"))
    assert read(tbl(*rows)) == {"sales_return": "本季归行500万元", "conclusion": "正常"}


def test_a_whole_report_in_one_cell():
    cell = tc("一、销售资金归行分析", "甲", "二、其他", "乙", "三、检查结论", "丙")
    assert read(tbl(tr(cell), tr("无关"))) == {"sales_return": "甲", "conclusion": "丙"}


def test_a_form_nested_in_a_cell_and_figures_nested_in_an_answer():
    inner = tbl(tr("检查结论", tc(p("正常"), tbl(tr("a", "1")))))
    assert read(tbl(tr(tc(p("框架"), inner)))) == {"conclusion": "正常\na\t1"}


def test_a_form_and_headings_in_one_report():
    body = tbl(tr("销售资金归行分析", "甲")), p("二、检查结论"), p("乙")
    assert read(*body) == {"sales_return": "甲", "conclusion": "乙"}


def test_answers_in_content_controls_and_text_boxes_and_footnotes_belong_to_their_section():
    box = f"<w:r><w:pict><w:txbxContent>{p('框内')}</w:txbxContent></w:pict></w:r>"
    assert read(p("一、检查结论", inside=box), sdt(p("控件")), p("请输入")) == {"conclusion": "框内\n控件\n请输入"}


def test_a_footnote_that_begins_with_a_number_ends_no_section():
    note = f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("二、见附注")}</w:footnote></w:footnotes>'
    call = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    assert read(p("一、检查结论"), p("甲", inside=call), p("乙"), parts={"word/footnotes.xml": note}) == {
        "conclusion": "甲\n二、见附注\n乙"
    }


def test_what_a_control_shows_until_someone_writes_is_no_answer():
    row = tr("检查结论", tc(sdt(p("单击此处输入文字"), "<w:showingPlcHdr/>")))
    assert read(tbl(row), p("末")) == {"conclusion": ""}


def test_a_section_found_twice_holds_both_texts():
    assert read(p("一、检查结论"), p("甲"), p("二、其他"), p("三、检查结论"), p("乙")) == {"conclusion": "甲\n乙"}


def test_a_name_that_stands_for_two_sections_is_refused():
    with pytest.raises(BadPolicy, match="twice"):
        SectionNames({"a": SectionAliases(["同名"], []), "b": SectionAliases(["同 名"], [])}, [], [], "x.yaml")


def test_no_short_name_is_also_an_ending():
    table = section_names(NAMES)
    assert not table.endings & (table.sure.keys() | table.short.keys())


@given(st.sampled_from(sorted(TITLES.values())), st.lists(st.sampled_from(["", " ", "\u3000", "\u00a0", "\t"]), min_size=12, max_size=12))
def test_blanks_and_width_do_not_change_a_name(title, blanks):
    spread = "".join(character + blank for character, blank in zip(title, blanks * 3, strict=False))
    assert key(spread) == key(f"【{title}】：") == title


@given(
    st.lists(st.tuples(st.sampled_from(sorted(TITLES)), st.sampled_from(["一、{}", "{}", "1．{}：", "（一）{}"])), unique_by=lambda t: t[0])
)
def test_each_section_keeps_its_own_text_whatever_marks_it(drawn):
    body = [part for section, write in drawn for part in (p(write.format(TITLES[section])), p(f"{section} 的文字"))]
    assert read(p("首"), *body) == {section: f"{section} 的文字" for section, _ in drawn}
