"""The same work given to Rogatory and to others, in turn: one adapter a file, a table and plots at the end."""
