"""Actors on threads: the dispatcher, the scheduler, references, and the base of the singletons."""
