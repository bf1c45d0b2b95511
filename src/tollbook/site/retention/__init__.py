"""How long a site keeps what it knows of calls, and what each day's run has dropped, masked and deleted."""
