"""Who may sign in, and tokens for programs. Users, groups and sessions are Django's own."""
