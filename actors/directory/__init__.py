"""The actors that know all clients: the registry, the broadcaster and the statistics."""
