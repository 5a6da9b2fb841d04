"""Plausible contents of documents, with invented persons."""

from __future__ import annotations

from typing import Any

BANK_RECORDS: dict[str, Any] = {
    "reference": "ODPP/MLA/114/2026",
    "form": "mutual_legal_assistance",
    "forms": ["f"],
    "language": "en",
    "requesting_authority": "Office of the Attorney General, Nairobi",
    "subject": "Bank records of Baobab Trading Ltd",
    "nature": "investigation",
    "conducting": {"name": "Directorate of Criminal Investigations", "functions": "investigates economic crime"},
    "facts": "Between March and August 2025 the suspect moved proceeds of ivory trafficking through an account.",
    "assistance": "Certified copies of the account's opening documents and of its statements.",
    "aim": "Evidence in the investigation of participation in an organized criminal group.",
    "persons": [{"role": "suspect", "name": "Joseph Mwakalinga Otieno", "nationalities": ["KE"]}],
    "legal_basis": [{"instrument": "UNTOC", "articles": "18"}],
    "offences": [{"name": "Money laundering", "provisions": "POCAMLA s. 3", "penalty": "14 years"}],
}
"""UNTOC 18(3)(f)."""
