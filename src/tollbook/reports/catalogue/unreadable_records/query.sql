SELECT pbx, reason, field, count(*), min(received_at), max(received_at) FROM rejects
GROUP BY pbx, reason, field ORDER BY count(*) DESC, pbx, reason, field LIMIT 1000
