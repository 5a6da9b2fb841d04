"""Numbers about requests, without their content."""
