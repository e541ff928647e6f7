-- title: a credit balance differs from the sum of its completed transactions
-- severity: error
-- remedy: find the transaction that is missing, double or of another organization, correct the journal, then set the balance to its sum

SELECT
  'credit_balances' AS object,
  format(
    'balance %s of user %s in organization %s: its completed transactions sum up to %s',
    b.balance, b.user_id, b.organization_id, coalesce(sum(t.amount), 0)
  ) AS detail
FROM credit_balances b
LEFT JOIN credit_transactions t
  ON t.organization_id = b.organization_id AND t.credit_balance_id = b.id AND t.status = 'completed'
GROUP BY b.organization_id, b.id, b.user_id, b.balance
HAVING b.balance <> coalesce(sum(t.amount), 0)
ORDER BY b.organization_id, b.user_id;
