"""Principal recovered in the period (贷款收回)."""

from postloan.figures.measure import tallied

tallied("recovered_loans", "收回贷款笔数", "contract; S24, T2")
tallied("recovered_customers", "收回贷款客户数", "contract; S24, T2")
tallied("recovered_amount", "收回贷款金额", "contract; S24")
tallied("early_recovered_loans", "提前收回笔数", "contract; S127, T2")
tallied("early_recovered_customers", "提前收回客户数", "contract; S127, T2")
tallied("early_recovered_amount", "提前收回金额", "contract; S127")
tallied("at_maturity_recovered_loans", "到期收回笔数", "contract; S127, T2")
tallied("at_maturity_recovered_customers", "到期收回客户数", "contract; S127, T2")
tallied("at_maturity_recovered_amount", "到期收回金额", "contract; S127")
tallied("overdue_recovered_loans", "逾期收回笔数", "contract; S127")
tallied("overdue_recovered_customers", "逾期收回客户数", "contract; S127")
tallied("overdue_recovered_amount", "逾期收回金额", "contract; S127")
