"""The history of all that happened: the actor that keeps it, and the questions to it."""
