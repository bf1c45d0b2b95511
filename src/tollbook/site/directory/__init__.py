"""Whose telephone it is: people, departments, cost centres, what is assigned to them and when, and the phone book."""
