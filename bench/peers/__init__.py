"""Programs that each put one file of calls away in their own manner, run in fresh processes of their own.

A peer imports what it needs, prints `ready`, does its work, and prints `done` with what it counted. Between the two
lines the bench measures it.
"""
