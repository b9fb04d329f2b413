"""One fault in each module. The registry finds it; nothing else needs to know of it."""
