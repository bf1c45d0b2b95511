WITH used AS (SELECT DISTINCT pbx, extension FROM chosen WHERE extension <> ''),
known AS (SELECT id, value, pbx, first FROM considered WHERE until > coalesce((SELECT max(started_local)::DATE FROM chosen), DATE '1900-01-01'))
SELECT s.value, s.pbx, o.person, o.department, nullif(s.first, DATE '0001-01-01')
FROM known s LEFT JOIN main.owner o ON o.id = s.id
WHERE NOT EXISTS (SELECT 1 FROM used u WHERE u.extension = s.value AND s.pbx IN ('', u.pbx))
ORDER BY o.department NULLS LAST, s.value, s.pbx
