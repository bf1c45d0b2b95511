"""Telephone systems that behave like the real ones and misbehave on demand.

A `SimulatedPbx` (`pbx.py`) is asked (`kx_hts.py`) or sends by itself over a carrier (`streams`), in any format of the
catalogue (`formats`). What goes wrong is declared in `faults.py`. A `Switchroom` (`running.py`) runs PBXs in a thread,
`serving.py` runs one as a program, and `__main__.py` is the command line.

The tests, ``tollbook demo`` and the benchmarks use it, the product never does. Every number in it is fictitious
(555-01xx).
"""
