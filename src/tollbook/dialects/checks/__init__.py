"""Checks of what was read: does it look like calls, or like columns taken for others?"""
