"""Changes one operator, number or boolean of a package at a time, and tells which changes its unit tests let pass."""
