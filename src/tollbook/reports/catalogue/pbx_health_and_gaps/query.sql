WITH hours AS (
  SELECT pbx, date_trunc('hour', started_local) AS hour, count(*) AS calls, min(started_local) AS first, max(started_local) AS last
  FROM chosen GROUP BY 1, 2
), told AS (
  SELECT pbx, hour, calls, first, last, date_diff('hour', lag(hour) OVER (PARTITION BY pbx ORDER BY hour), hour) - 1 AS gap FROM hours
), seen AS (
  SELECT pbx, sum(calls) AS calls, min(first) AS first, max(last) AS last, count(DISTINCT hour::DATE) AS days,
    count(*) FILTER (WHERE gap >= $hours) AS gaps, coalesce(max(gap), 0) AS longest
  FROM told GROUP BY pbx
), unread AS (SELECT pbx, count(*) AS records FROM rejects GROUP BY pbx)
SELECT coalesce(s.pbx, u.pbx) AS name, coalesce(s.calls, 0), s.first, s.last, coalesce(s.days, 0),
  coalesce(date_diff('day', s.first, s.last) + 1 - s.days, 0), coalesce(s.gaps, 0), s.longest, coalesce(u.records, 0)
FROM seen s FULL JOIN unread u ON u.pbx = s.pbx ORDER BY name
