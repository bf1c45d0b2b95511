"""Tollbook, a self-hosted call ledger for telephone systems.

A record goes one way: source, journal, framing, dialect, store. Nothing flows back, and a stage
imports only from the layers below it.
"""
