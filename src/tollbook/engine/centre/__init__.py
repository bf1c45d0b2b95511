"""A site whose ledger is ClickHouse: the calls of many places, answered as one machine answers for its own."""
