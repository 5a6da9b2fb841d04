"""Publishing the directory: what trustees, coordinators and the publisher do. Trusting it is apart (`trust`)."""
