"""The actions, in modules by subject. The registry finds them by their keys."""
