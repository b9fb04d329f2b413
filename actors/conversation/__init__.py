"""How a connection is answered: an event and the time go in, effects come out.

Pure: it knows no thread, no clock and no actor.
"""
