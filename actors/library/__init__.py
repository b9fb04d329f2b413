"""From documents to what is in force: compiler, namespaces, rulebooks, the plan of a handshake."""
