"""Makes of a report that has been run what is looked at, printed or handed on. `formats` lists the kinds of files."""
