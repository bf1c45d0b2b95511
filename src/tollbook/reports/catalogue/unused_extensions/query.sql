WITH seen AS MATERIALIZED (SELECT pbx, extension, max(started_local)::DATE AS last FROM chosen GROUP BY ALL),
known AS (SELECT id, value, pbx, first FROM considered WHERE until > coalesce((SELECT max(last) FROM seen), DATE '1900-01-01'))
SELECT s.value, s.pbx, o.person, o.department, nullif(s.first, DATE '0001-01-01')
FROM known s LEFT JOIN main.owner o ON o.id = s.id
WHERE NOT EXISTS (SELECT 1 FROM seen u WHERE u.extension = s.value AND s.pbx IN (left(u.pbx, position('/' IN u.pbx)), u.pbx))
ORDER BY o.department NULLS LAST, s.value, s.pbx
