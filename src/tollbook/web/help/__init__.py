"""The manual as pages, and which of them each page of the program leads to."""
