"""Mock behaviour as a functional core: an event and a connection's context in, effects out."""
