"""Conditions: what a person may write under `match`, and what it compiles to. Pure."""
