"""The format workbench: a format made of pasted lines, tried beside each of them, kept, and used on a PBX's history."""
