"""What is the bank's blank form never counts as an answer, and what is written in it always does."""

from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.sections.blank_form import NO_FORM, BlankForm
from postloan.inspection_reports.sections.section_reader import sections_of
from postloan.inspection_reports.word_text.final_text import final_text

from tests.inspection_reports.word_reports.drawn import p, tbl, tc, tr, word


def written(form: str, text: str) -> str:
    return BlankForm([form]).written(text)


def test_a_paragraph_of_the_form_is_no_answer_whatever_its_blanks_and_width():
    assert written("说明：请分析归行情况，不少于200字。", "说明:  请分析归行情况，不少于２００字。") == ""


def test_a_paragraph_that_is_not_the_forms_stays_as_it_is():
    assert written("请分析归行情况并说明原因", " 本季归行率 80% ") == " 本季归行率 80% "


def test_what_is_written_behind_the_forms_words_stays():
    assert written("检查结论：", "检查结论： 同意 继续合作") == "同意 继续合作"
    assert written("二、检查结论", "二、检查结论：同意") == "同意"
    assert written("请分析本季度归行情况。", "请分析本季度归行情况。归行良好") == "归行良好"


def test_what_is_written_into_gaps_stays_with_its_unit():
    form = "本季销售收入____万元，归行    万元，归行率……%。"
    assert written(form, "本季销售收入 1,500 万元，归行900万元，归行率60%。") == "1,500 万元 900万元 60%"
    assert written(form, "本季销售收入__500__万元，归行    万元，归行率……%。") == "500 万元"
    assert written(form, form) == ""


def test_text_behind_the_last_gap_is_not_lost():
    assert written("经办____负责人____", "经办张三负责人李四同意") == "张三 李四同意"


def test_ticked_options_stay_and_unticked_ones_do_not():
    assert written("□正常 □关注 □次级", "☐正常 ☑关注 □次级") == "关注"
    assert written("□正常 □关注 □次级", "□正常□关注□次级") == ""


def test_a_short_word_of_the_form_may_be_an_answer():
    assert written("正常", "正常") == "正常"


def test_without_a_form_everything_is_an_answer():
    assert NO_FORM.written("任何文字") == "任何文字" and NO_FORM.written("检查结论：好", "好") == "好"


def test_a_form_that_is_sent_in_unfilled_has_blank_sections():
    blank = tbl(tr("销售资金归行分析\t", tc("请分析归行情况：", "□正常 □异常")), tr("检查结论", ""))
    blocks = final_text(word(blank, p("填表说明：逐项填写")))
    assert sections_of(blocks, BlankForm.of(blocks)) == {"sales_return": "", "conclusion": ""}


def test_a_filled_form_holds_only_what_was_written():
    def paper(amount: str, box: str, conclusion: str) -> bytes:
        answer = tc(f"本季归行{amount}万元，占比：", f"{box}达标", "（说明：未达标的须写明原因）")
        return word(tbl(tr("一、销售资金归行分析（必填）", answer)), p(f"二、检查结论：{conclusion}"))

    form = BlankForm.of(final_text(paper("____", "□", "")))
    assert sections_of(final_text(paper("800", "☑", "正常")), form) == {"sales_return": "800万元\n达标", "conclusion": "正常"}


PIECES = st.text(st.sampled_from("本季销售收入归行情况说明企业"), min_size=2, max_size=8)
FILLINGS = (
    st.text(st.sampled_from("0123456789.甲乙丙 ABC"), min_size=1, max_size=8).map(str.strip).filter(lambda text: set(text) - set(". "))
)


@given(st.lists(st.tuples(PIECES, FILLINGS), min_size=1, max_size=5))
def test_every_filling_comes_back_in_order(drawn):
    form = "".join(piece + "____" for piece, _ in drawn)
    filled = "".join(piece + filling for piece, filling in drawn)
    assert written(form, filled).split() == " ".join(filling for _, filling in drawn).split()


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_against_any_form_gives_part_of_the_text(text, forms):
    answer = BlankForm(forms).written(text)
    assert not set(answer) - set(text) - {" "}
