"""The pure core: an event and the time in, effects out. No thread, no clock, no actor."""
