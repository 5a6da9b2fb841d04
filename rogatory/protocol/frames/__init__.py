"""Frames between node and relay: one MessagePack value per binary WebSocket message (PROTOCOL.md, Frames)."""
