"""PBX record formats: a rule engine that reads layouts written as data, and the catalogue of them.

Touches no socket, file, database, clock or logger. Nothing here raises on input: a frame ends as a call, a skip or
a reject.
"""
