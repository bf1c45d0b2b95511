WITH told AS (
  SELECT l.call, string_agg(l.extension, ' → ' ORDER BY l.started_at) AS extensions,
    count(DISTINCT l.extension) AS hands
  FROM legs l WHERE l.talk_s > 0 AND l.extension <> '' AND l.call IN (SELECT id FROM chosen WHERE legs > 1)
  GROUP BY l.call HAVING count(DISTINCT l.extension) > 1
)
SELECT c.started_local, c.direction, t.extensions,
  coalesce(c.number_e164, CASE WHEN c.direction = 'incoming' THEN c.caller ELSE c.called END), c.talk_s, t.hands
FROM chosen c JOIN told t ON t.call = c.id ORDER BY c.started_local DESC, c.id LIMIT $most
