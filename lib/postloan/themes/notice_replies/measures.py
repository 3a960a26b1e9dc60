"""Replies to notices of loans and acceptances that fall due (通知书回执)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("notice_items", "应报处置预案笔数", "接到通知书、提示函后按期报送处置预案")
tallied("notice_items_replied", "按期报送处置预案笔数", "接到通知书、提示函后按期报送处置预案")
tallied("notice_items_untriaged", "未分流笔数", "到期业务逐笔确定处置方式")


@measure("ratio", "处置预案报送率")
def notice_reply_rate(notice_items_replied: Decimal, notice_items: Decimal) -> Decimal:
    """Items of notices replied to by the day asked for, out of those to be replied to in the period.

    Formula: notice_items_replied / notice_items
    Source: 接到通知书、提示函后按期报送处置预案
    """
    return notice_items_replied / notice_items
