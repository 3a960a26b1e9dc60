"""Principal recovered in the period (贷款收回)."""

from postloan.figures.measure import broken_down, tallied

tallied("recovered_loans", "收回贷款笔数", "按还款流水统计，笔、户分别计数")
tallied("recovered_customers", "收回贷款客户数", "按还款流水统计，笔、户分别计数")
tallied("recovered_amount", "收回贷款金额", "按还款流水统计，笔、户分别计数")
broken_down(
    ("{moment}_recovered_loans", "{moment}收回笔数", "收回按到期日分提前、到期、逾期"),
    ("{moment}_recovered_customers", "{moment}收回客户数", "收回按到期日分提前、到期、逾期"),
    ("{moment}_recovered_amount", "{moment}收回金额", "收回按到期日分提前、到期、逾期"),
)
tallied("npl_recovered_loans", "清收不良贷款笔数", "期初已为不良的贷款，收回的本金为清收不良")
tallied("npl_recovered_customers", "清收不良贷款客户数", "期初已为不良的贷款，收回的本金为清收不良")
tallied("npl_recovered_amount", "清收不良贷款金额", "期初已为不良的贷款，收回的本金为清收不良")
