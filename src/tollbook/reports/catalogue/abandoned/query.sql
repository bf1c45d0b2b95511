WITH told AS (
  SELECT CASE WHEN ring_s < 5 THEN 0 WHEN ring_s < 10 THEN 1 WHEN ring_s < 20 THEN 2 WHEN ring_s < 30 THEN 3
    WHEN ring_s < 60 THEN 4 WHEN ring_s < 120 THEN 5 ELSE 6 END AS place,
    count(*) FILTER (WHERE outcome = 'unanswered') AS abandoned, count(*) FILTER (WHERE outcome = 'answered') AS answered
  FROM chosen WHERE direction = 'incoming' GROUP BY 1
)
SELECT CASE place WHEN 0 THEN 'under 5 s' WHEN 1 THEN '5 to 9 s' WHEN 2 THEN '10 to 19 s' WHEN 3 THEN '20 to 29 s'
  WHEN 4 THEN '30 to 59 s' WHEN 5 THEN '1 to 2 min' ELSE '2 min and more' END,
  abandoned, answered, abandoned / nullif(abandoned + answered, 0) FROM told ORDER BY place
