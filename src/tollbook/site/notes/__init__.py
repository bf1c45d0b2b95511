"""What people note on calls: texts, tags, and that a call is private."""
