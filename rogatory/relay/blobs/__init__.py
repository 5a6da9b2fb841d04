"""Attachments at the relay: sealed bytes in a folder or an object store, handed to members of the channel alone."""
