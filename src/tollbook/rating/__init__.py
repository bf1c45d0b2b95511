"""What calls cost by a tariff: exact, and with its reckoning.

A tariff is text (`tariff_text`, `price_list`), read into values (`tariff`). Of a call the rate is found (`rates`), the
bands by the clock (`bands`), and what it comes to (`charging`), which `explaining` says in sentences.
"""
