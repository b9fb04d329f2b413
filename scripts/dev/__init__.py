"""Tools of the developers: benchmark, conformance, reference pages. Not installed."""
