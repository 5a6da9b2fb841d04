"""Four eyes: what one officer prepared is signed and sent when a second one approves."""
