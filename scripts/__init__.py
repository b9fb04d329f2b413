"""Command lines and the composition root: the only room that may import every other."""
