WITH hours AS (SELECT DISTINCT pbx, date_trunc('hour', started_local) AS hour FROM chosen),
told AS (SELECT pbx, hour, lag(hour) OVER (PARTITION BY pbx ORDER BY hour) AS before FROM hours)
SELECT pbx, before + INTERVAL 1 HOUR, hour, date_diff('hour', before, hour) - 1 FROM told
WHERE date_diff('hour', before, hour) - 1 >= $hours ORDER BY 4 DESC, 1, 2 LIMIT 1000
