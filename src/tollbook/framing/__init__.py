"""Cuts bytes into raw records. No input or output: any cut of the byte stream gives the same frames."""
