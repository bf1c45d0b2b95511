"""What calls of a month come to, by whom they are charged to."""
