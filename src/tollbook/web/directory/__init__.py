"""People, departments, cost centres, what is assigned to them, and the phone book."""
