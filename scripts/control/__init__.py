"""The command line twin of the tools: it drives a running server over REST."""
