"""Places of a centre: the table, who may join, what is known of each."""
