"""One folder per PBX format: its layout as data, cases, and how to switch the output on at the PBX."""
