"""What a number means: E.164, country, kind and reach of what was dialled or who called, by the PBX's dial plan.

Pure: a plan and a text in, a value out; nothing raises on what a PBX wrote. `phonenumbers` decides what is valid, and
`countries.toml` has, with their sources, the codes and ranges that it does not know.
"""
