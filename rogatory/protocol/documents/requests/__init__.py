"""Requests for cooperation: one declarative definition for each form (PROTOCOL.md, request).

Validation, essential gaps, JSON Schema, guided entry and the printed letter are derived from the definitions.
"""
