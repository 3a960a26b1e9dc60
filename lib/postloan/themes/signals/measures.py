"""Warning signals of customers (风险预警信号)."""

from decimal import Decimal

from postloan.figures.measure import measure, tallied

tallied("signals_found", "本期发现预警信号数", "预警信号发现后及时报告、限期化解")
tallied("signals_late_reported", "迟报预警信号数", "预警信号发现后及时报告")
tallied("signals_lifted", "本期解除预警信号数", "预警信号化解后解除")
tallied("signals_open", "期末未解除预警信号数", "预警信号化解后解除")
tallied("signals_overdue", "逾期未化解预警信号数", "预警信号限期化解")


@measure("ratio", "预警信号按时报告率")
def signal_report_on_time(signals_found: Decimal, signals_late_reported: Decimal) -> Decimal:
    """Signals found in the period and reported within the days of their level, out of those found.

    Formula: (signals_found - signals_late_reported) / signals_found
    Source: 预警信号发现后及时报告
    """
    return (signals_found - signals_late_reported) / signals_found


@measure("日", "预警信号平均历时")
def signal_days(signal_days_open: Decimal, signals_found: Decimal) -> Decimal:
    """Mean of the days from finding a signal to lifting it, or to the period's last day; of signals found in the period.

    Formula: signal_days_open / signals_found
    Source: 预警信号限期化解
    """
    return signal_days_open / signals_found
