"""Telephone systems that behave like the real ones and misbehave on demand.

A plain program on the standard library: the tests, ``tollbook demo`` and the benchmarks
use it, the product never does. Every number in it is fictitious (555-01xx).
"""
