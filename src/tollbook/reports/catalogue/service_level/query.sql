WITH told AS (
  SELECT started_local::DATE AS day, outcome = 'answered' AS is_answered, ring_s <= $within AS is_in_time
  FROM chosen WHERE direction = 'incoming' AND (outcome = 'answered' OR ring_s >= $short)
), counted AS (
  SELECT day, count(*) AS incoming, count(*) FILTER (WHERE is_answered AND is_in_time) AS in_time,
    count(*) FILTER (WHERE is_answered AND NOT is_in_time) AS late,
    count(*) FILTER (WHERE NOT is_answered AND is_in_time) AS abandoned_in_time,
    count(*) FILTER (WHERE NOT is_answered AND NOT is_in_time) AS abandoned_late
  FROM told GROUP BY day
)
SELECT day, incoming, in_time, late, abandoned_in_time, abandoned_late,
  CASE $abandoned WHEN 'ignored' THEN in_time / nullif(incoming - abandoned_in_time, 0)
    WHEN 'for' THEN (in_time + abandoned_in_time) / nullif(incoming, 0) ELSE in_time / nullif(incoming, 0) END
FROM counted ORDER BY day
