"""Forms whose fields come from what is declared elsewhere: sources' options, people."""
