"""Verification by a stranger: who said what to whom and when, from a proof file and the directory's history."""

from rogatory.keys.verification.report import Claim, DocumentReport, Finding, Report, Verdict
from rogatory.keys.verification.verify import verify_envelope, verify_proof

__all__ = ["Claim", "DocumentReport", "Finding", "Report", "Verdict", "verify_envelope", "verify_proof"]
