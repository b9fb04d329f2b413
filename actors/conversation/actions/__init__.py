"""The actions, grouped into modules by subject. The registry finds them by their keys."""
