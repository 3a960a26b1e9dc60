-- row: one customer with a scope loan at the period's last day or at the last day of the quarter before
-- grain: customer
-- reads: scope_loan
-- term balance_pass: 元 · 其中五级分类为正常的余额 · of it classed pass (正常)
-- term balance_special_mention: 元 · 其中五级分类为关注的余额 · of it classed special mention (关注)
-- term balance_substandard: 元 · 其中五级分类为次级的余额 · of it classed substandard (次级)
-- term balance_doubtful: 元 · 其中五级分类为可疑的余额 · of it classed doubtful (可疑)
-- term balance_loss: 元 · 其中五级分类为损失的余额 · of it classed loss (损失)
-- term previous_loan_balance: 元 · 上季末口径内借据余额之和 · balance of scope loans at the last day of the quarter before
-- term previous_npl_balance: 元 · 上季末次级、可疑、损失类余额之和 · of it classed substandard, doubtful or loss
-- behind balance_pass: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5 = 'pass'
-- behind balance_special_mention: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5 = 'special_mention'
-- behind balance_substandard: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5 = 'substandard'
-- behind balance_doubtful: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5 = 'doubtful'
-- behind balance_loss: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of AND class5 = 'loss'
-- behind previous_loan_balance: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.previous_as_of
-- behind previous_npl_balance: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.previous_as_of AND class5_rank >= 3
SELECT
    s.customer_id,
    s.unit_id,
    sum(CASE WHEN s.as_of = asked.as_of AND s.class5 = 'pass' THEN s.balance ELSE 0 END) AS balance_pass,
    sum(CASE WHEN s.as_of = asked.as_of AND s.class5 = 'special_mention' THEN s.balance ELSE 0 END) AS balance_special_mention,
    sum(CASE WHEN s.as_of = asked.as_of AND s.class5 = 'substandard' THEN s.balance ELSE 0 END) AS balance_substandard,
    sum(CASE WHEN s.as_of = asked.as_of AND s.class5 = 'doubtful' THEN s.balance ELSE 0 END) AS balance_doubtful,
    sum(CASE WHEN s.as_of = asked.as_of AND s.class5 = 'loss' THEN s.balance ELSE 0 END) AS balance_loss,
    sum(CASE WHEN s.as_of = asked.previous_as_of THEN s.balance ELSE 0 END) AS previous_loan_balance,
    sum(CASE WHEN s.as_of = asked.previous_as_of AND s.class5_rank >= 3 THEN s.balance ELSE 0 END) AS previous_npl_balance
FROM scope_loan AS s
CROSS JOIN asked
GROUP BY s.customer_id, s.unit_id
