"""What trustees, coordinators and publisher do to publish the directory; trusting it is apart (`directory.trust`)."""
