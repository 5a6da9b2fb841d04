"""Attacks on the protocol, each carried out: by a relay, a member, a committer, a stranger, somebody with old keys."""
