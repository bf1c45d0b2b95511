"""How many lines and agents some traffic needs, and how many lines were in use.

Pure: numbers in, numbers out. `erlang` says what to expect, `in_use` and `by_second` what was, and `asked` answers a
question in words.
"""
