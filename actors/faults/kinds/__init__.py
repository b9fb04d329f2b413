"""One fault in each module. The registry finds it; no other module names it."""
