"""Attacks on keys, vaults and the directory, each carried out."""
