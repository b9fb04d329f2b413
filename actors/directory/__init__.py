"""The actors that know all clients: who is connected, how many, and the way to each of them."""
