"""What a layout may say, and how one is read from a document, checked and written."""
