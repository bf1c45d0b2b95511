"""Carriers' price lists of any shape: from rows of text to the rows of a price list of ours.

The heading is found and its columns are recognised (`headings`); what the file cannot say is asked (`asking`) and kept
in a mapping for the next time (`mapping`). Codes (`codes`) and amounts (`amounts`) are read cell by cell, rows are put
together and told apart by code and date (`converting`). What is there afterwards is looked at (`checking`) and laid
beside the version before (`comparing`).
"""
