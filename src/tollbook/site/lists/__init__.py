"""What a person keeps for themselves of the list of calls: filters by name, and which columns it has."""
