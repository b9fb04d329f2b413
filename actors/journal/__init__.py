"""The journal: the actor that keeps the history, and the questions to it."""
