"""A request against the directory entries of those whom it asks: what they accept, need, and how they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rogatory.keys.directory.model import AuthorityEntry
from rogatory.languages import say
from rogatory.languages.catalogues import SOURCE
from rogatory.languages.choosing import nearest
from rogatory.node.inbox.views import View
from rogatory.protocol.documents import Basis, Request, Urgency
from rogatory.protocol.text import in_words, message


class Remark(View, frozen=True, kw_only=True):
    """What an authority's entry says about a request. One that `blocks` is an objection; the rest is advice."""

    authority: str
    blocks: bool
    text: str
    article: str


def remarks_on(request: Request, entries: Iterable[AuthorityEntry]) -> list[Remark]:
    """What the directory says about sending `request` to these authorities, objections first."""
    found = [
        remark for entry in entries for check in (_competence, _basis, _language, _urgency, _form)
        for remark in check(request, entry)
    ]  # fmt: skip
    return sorted(found, key=lambda remark: not remark.blocks)


def contact_of(entry: AuthorityEntry, *, urgent: bool, language: str = "en") -> str:
    """Name, address, telephone, e-mail and hours as the directory has them; in urgency the 24/7 contact too.

    It is signed as a part of a request in `language`, so name and labels are of that language where there are any.
    """
    spoken = nearest([language]) or SOURCE
    name = entry.names.get(_primary(language)) or entry.names.get("en") or next(iter(entry.names.values()))
    lines = [
        name,
        entry.address,
        entry.telephone and say(message("Telephone {number}", number=entry.telephone), spoken),
        entry.email and say(message("E-mail {address}", address=entry.email), spoken),
        entry.office_hours
        and say(message("Hours {hours}", hours=f"{entry.office_hours} {entry.time_zone or ''}".rstrip()), spoken),
        entry.contact_24_7
        and urgent
        and say(message("24 hours a day, 7 days a week: {contact}", contact=entry.contact_24_7), spoken),
    ]
    return "\n".join(line for line in lines if line)


def _competence(request: Request, entry: AuthorityEntry) -> Sequence[Remark]:
    if not entry.competences or request.COMPETENCE in {purpose.value for purpose in entry.competences}:
        return ()
    purpose = in_words(request.COMPETENCE)
    return (
        _objection(
            entry,
            message("it is not competent for {purpose}: see rogatory-node authority find", purpose=purpose),
            "UNTOC 18(13)",
        ),
    )


def _basis(request: Request, entry: AuthorityEntry) -> Sequence[Remark]:
    """UNTOC 16(5), 18(7): whether the Convention is taken as legal basis; another treaty or reciprocity may serve."""
    takes = {Basis.ASSISTANCE: entry.untoc_basis_mla, Basis.EXTRADITION: entry.untoc_basis_extradition}
    if takes.get(request.BASIS) is not False or request.reciprocity:
        return ()
    if not all(_is_untoc(basis.instrument) for basis in request.legal_basis):
        return ()
    article = "UNTOC 16(5)" if request.BASIS is Basis.EXTRADITION else "UNTOC 18(7)"
    text = message("it does not take the Convention as a legal basis: name another treaty, or offer reciprocity")
    if entry.treaties:
        text = message("{objection}; treaties in force: {treaties}", objection=text, treaties="; ".join(entry.treaties))
    return (_objection(entry, text, article),)


def _language(request: Request, entry: AuthorityEntry) -> Sequence[Remark]:
    """UNTOC 18(14): in a language acceptable to the requested State."""
    accepted = {_primary(language) for language in entry.languages}
    given = {_primary(request.language), *(_primary(each.language) for each in request.translations)}
    if not accepted or accepted & given:
        return ()
    return (
        _objection(
            entry, message("it accepts {wanted}: annex a translation", wanted=tuple(entry.languages)), "UNTOC 18(14)"
        ),
    )


def _urgency(request: Request, entry: AuthorityEntry) -> Sequence[Remark]:
    """UNTOC 18(13): in urgent circumstances through INTERPOL, where the States agree."""
    if request.urgency is Urgency.ROUTINE:
        return ()
    said = []
    if entry.contact_24_7:
        said.append(
            _advice(entry, message("tell its 24/7 contact, too: {contact}", contact=entry.contact_24_7), "practice")
        )
    elif request.urgency is Urgency.EMERGENCY:
        said.append(_advice(entry, message("it names no 24/7 contact: telephone its office"), "practice"))
    if entry.interpol_urgency:
        said.append(_advice(entry, message("it accepts requests through INTERPOL in urgency"), "UNTOC 18(13)"))
    return said


def _form(request: Request, entry: AuthorityEntry) -> Sequence[Remark]:
    if not entry.formal_requirements:
        return ()
    return (
        _advice(
            entry,
            message("formal requirements: {requirements}", requirements=entry.formal_requirements),
            "UNTOC 18(17)",
        ),
    )


def _objection(entry: AuthorityEntry, text: str, article: str) -> Remark:
    return Remark(authority=entry.id, blocks=True, text=text, article=article)


def _advice(entry: AuthorityEntry, text: str, article: str) -> Remark:
    return Remark(authority=entry.id, blocks=False, text=text, article=article)


def _is_untoc(instrument: str) -> bool:
    words = instrument.casefold()
    return "untoc" in words or "transnational organized crime" in words or "palermo" in words


def _primary(language: str) -> str:
    return language.split("-")[0].lower()
