"""One file per scene: what is done, and what must be seen."""
