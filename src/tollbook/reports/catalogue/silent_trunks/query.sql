WITH told AS (
  SELECT pbx, trunk, max(started_local) AS last, count(*) AS calls FROM chosen WHERE trunk <> '' GROUP BY pbx, trunk
), newest AS (SELECT pbx, max(started_local) AS last FROM chosen GROUP BY pbx)
SELECT t.pbx, t.trunk, t.last, date_diff('day', t.last, n.last), t.calls
FROM told t JOIN newest n ON n.pbx = t.pbx WHERE date_diff('day', t.last, n.last) >= $days ORDER BY 4 DESC, 1, 2
