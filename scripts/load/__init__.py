"""The parts of the stress test."""
