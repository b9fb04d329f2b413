"""Actors on threads: dispatcher, scheduler, references, the base of the singletons."""
