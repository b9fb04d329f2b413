"""What one client connection is made of: its actor, and the parts the actor owns."""
