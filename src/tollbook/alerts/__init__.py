"""Rules over calls: what each kind looks for, and what some calls hold of it.

All of this computes only. What is found follows from which calls there are, not from the order in which they came:
a call is told of once by its id, a window once for each hour (or day) by its subject. So looking again finds the same.
"""
