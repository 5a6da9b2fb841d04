"""What an operator asks of a relay: through the running process' socket, or straight from its database."""
