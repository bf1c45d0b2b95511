WITH callers AS (
  SELECT coalesce(number_e164, caller) AS number, count(*) AS calls, count(*) FILTER (WHERE outcome <> 'answered') AS missed
  FROM chosen WHERE direction = 'incoming' AND coalesce(number_e164, caller, '') <> '' GROUP BY 1
), told AS (
  SELECT CASE WHEN calls = 1 THEN 1 WHEN calls = 2 THEN 2 WHEN calls <= 5 THEN 3 WHEN calls <= 10 THEN 4 ELSE 5 END AS place,
    count(*) AS callers, sum(calls) AS calls, sum(missed) AS missed FROM callers GROUP BY 1
)
SELECT CASE place WHEN 1 THEN 'once' WHEN 2 THEN 'twice' WHEN 3 THEN '3 to 5 times' WHEN 4 THEN '6 to 10 times'
  ELSE 'more often' END, callers, calls, missed FROM told ORDER BY place
