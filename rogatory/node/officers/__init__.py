"""The persons who use this node, each by a token of their own."""
