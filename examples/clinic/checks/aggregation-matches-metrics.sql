-- title: a month's production differs from the sum of its financial metrics
-- severity: error
-- remedy: find what was entered after the month was summed up, then sum it up again

SELECT
  'metric_aggregations' AS object,
  format(
    'production of %s in %s: %s from %s rows, but its financial metrics sum up to %s from %s rows',
    a.clinic_id, to_char(a.period_start, 'YYYY-MM'), a.value, a.rows, coalesce(sum(f.amount), 0), count(f.id)
  ) AS detail
FROM metric_aggregations a
LEFT JOIN financial_metrics f
  ON f.clinic_id = a.clinic_id AND f.kind = 'production' AND date_trunc('month', f.day) = a.period_start
WHERE a.metric = 'production' AND a.period = 'month'
GROUP BY a.clinic_id, a.id, a.period_start, a.value, a.rows
HAVING a.value <> coalesce(sum(f.amount), 0) OR a.rows <> count(f.id)
ORDER BY a.clinic_id, a.period_start;
