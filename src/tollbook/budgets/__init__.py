"""How budgets stand: what calls of their periods come to, what is carried over, and which states are reached."""
