"""Several records that are one call become that call, with them as its legs beneath.

Which calls there are is a function of the set of records alone: not of the order in which they came, nor of how they
were cut into batches. So a late record gives the call that it would have given in time, and a rebuild gives the same.
"""
