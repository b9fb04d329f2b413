"""A long run: many kinds of clients and callers at once, and nothing may be lost or left behind."""
