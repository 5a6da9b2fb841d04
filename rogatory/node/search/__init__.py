"""Full-text search over one's own matters."""
