-- row: one customer with a loan that became non-performing since the opening, or is so no more
-- grain: customer
-- reads: npl_movement
-- term became_npl_balance: 元 · 期末为次级、可疑、损失类而期初不是（或期初无余额）的借据期末余额 · balance at the end of loans that became substandard or worse since the opening
-- term left_npl_balance: 元 · 期初为次级、可疑、损失类而期末不是（或期末无余额）的借据期初余额 · balance at the opening of loans that were substandard or worse and are better, or gone, at the end
-- related became_npl_balance: loan_balance · npl_movement WHERE movement = 'became'
-- related left_npl_balance: loan_balance · npl_movement WHERE movement = 'left'
SELECT
    customer_id,
    unit_id,
    coalesce(sum(balance) FILTER (WHERE movement = 'became'), 0) AS became_npl_balance,
    coalesce(sum(balance) FILTER (WHERE movement = 'left'), 0) AS left_npl_balance
FROM npl_movement
GROUP BY customer_id, unit_id
