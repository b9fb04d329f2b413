"""Faults: what goes wrong on purpose. A pure core; the client actor carries out what it returns."""
