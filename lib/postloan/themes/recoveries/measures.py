"""Principal recovered in the period (贷款收回)."""

from postloan.figures.measure import broken_down, tallied

tallied("recovered_loans", "收回贷款笔数", "contract; S24, T2")
tallied("recovered_customers", "收回贷款客户数", "contract; S24, T2")
tallied("recovered_amount", "收回贷款金额", "contract; S24")
broken_down(
    ("{moment}_recovered_loans", "{moment}收回笔数", "contract; S127, T2"),
    ("{moment}_recovered_customers", "{moment}收回客户数", "contract; S127, T2"),
    ("{moment}_recovered_amount", "{moment}收回金额", "contract; S127"),
)
