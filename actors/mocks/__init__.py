"""Programmable mocks: their schema, what it compiles to, and the engine that runs it."""
