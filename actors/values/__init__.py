"""Immutable values that every other room may use."""
