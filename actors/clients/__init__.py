"""One client connection: its actor, and the parts that the actor owns."""
