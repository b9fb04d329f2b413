"""Runs the fuzzing client of the Autobahn test suite against the server."""
