"""Faults: what goes wrong on purpose. A pure core, whose outcomes the client actor carries out."""
