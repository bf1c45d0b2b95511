WITH told AS (
  SELECT pbx, extension, person, talk_s, price, coalesce(currency, '') AS currency,
    talk_s > $long AS is_long, coalesce(price > $dear, false) AS is_dear,
    coalesce(number_reach = 'international', false) AND (hour(started_local) >= 22 OR hour(started_local) < 6) AS is_night,
    coalesce(number_kind = 'premium', false) AS is_premium
  FROM chosen WHERE direction = 'outgoing'
)
SELECT pbx, coalesce(extension, ''), any_value(person), count(*), count(*) FILTER (WHERE is_long), count(*) FILTER (WHERE is_dear),
  count(*) FILTER (WHERE is_night), count(*) FILTER (WHERE is_premium), sum(talk_s), sum(price), currency
FROM told WHERE is_long OR is_dear OR is_night OR is_premium
GROUP BY pbx, extension, currency ORDER BY count(*) DESC, pbx, extension, currency LIMIT 1000
