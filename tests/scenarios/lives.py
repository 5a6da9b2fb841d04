"""What becomes of the requests in tests/data: for each form the steps of one life, together all that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rogatory.protocol.life.table import Role

ASKS, ASKED = Role.REQUESTING, Role.REQUESTED


@dataclass(frozen=True)
class Step:
    """A reply by one side, and where the request stands after it."""

    side: Role
    fields: dict[str, Any]
    state: str


def _step(side: Role, outcome: str, state: str | None = None, text: str = "", **fields: Any) -> Step:
    return Step(side, {"outcome": outcome, "text": text, **fields}, state or outcome)


REVIEW: Final = _step(ASKED, "under_review", reference="AC/2026/7")
ACCEPTED: Final = _step(ASKED, "accepted")
EXECUTING: Final = _step(ASKED, "in_execution")
EXECUTED: Final = _step(ASKED, "executed", text="What was asked for has been done; the record is signed.")
ANSWERED: Final = _step(ASKED, "answered", text="The certified copies follow in a sealed bag, number 114-88.")


def _asked(text: str, answer: str) -> tuple[Step, Step]:
    """Further information, asked for and given (18(16))."""
    return (
        _step(ASKED, "information_requested", text=text),
        _step(ASKS, "information_given", "under_review", answer),
    )


def _consulted(about: str, text: str, answer: str) -> tuple[Step, Step]:
    """A consultation and its answer (18(26), 18(28))."""
    return (
        _step(ASKED, "consultation", "consulting", text, contemplates=about),
        _step(ASKS, "consultation_answered", "under_review", answer),
    )


def _used(text: str, outcome: str, answer: str, state: str) -> tuple[Step, Step]:
    """A further use, asked for by the requesting side (18(19))."""
    return _step(ASKS, "use_asked", state, text), _step(ASKED, outcome, state, answer)


LIVES: Final[dict[str, tuple[Step, ...]]] = {
    "mutual_legal_assistance": (
        REVIEW,
        _step(ASKED, "forwarded", forwarded_to="نيابة الإسكندرية الكلية", language="ar"),
        *_asked("يُرجى بيان محل إقامة الشاهد الثاني.", "كفر الدوار، شارع الجمهورية، رقم 14."),
        ACCEPTED,
        EXECUTING,
        _step(ASKED, "partly_executed", text="سُمع الشاهدان؛ ولم يُعثر على المخزن في العنوان المبيَّن.", language="ar"),
        _step(ASKED, "answered", text="المحاضر وكشوف الحساب مرفقة.", use_limits={"handling": ["H1"]}, language="ar"),
        *_used("استعمال كشوف الحساب في القضية 412.", "use_allowed", "لا مانع.", "answered"),
    ),
    "extradition": (
        REVIEW,
        *_consulted(
            "refusal", "Разыскиваемый, по-видимому, является гражданином запрашиваемой стороны.", "Просим проверить."
        ),
        _step(ASKED, "refused", text="Гражданство подтверждено; дело передано прокурору.", grounds=["16(10)"]),
    ),
    "confiscation": (
        REVIEW,
        ACCEPTED,
        *_consulted("postponement", "Une saisie est pendante dans une procédure locale.", "Nous en prenons acte."),
        _step(ASKED, "postponed", text="Jusqu'au jugement de la procédure locale.", until="2027-03-31"),
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
    "asset_recovery": (
        ACCEPTED,
        *_consulted("costs", "A avaliação do imóvel excede as despesas ordinárias.", "Suportamos metade."),
        EXECUTING,
        _step(ASKED, "partly_executed", text="O depósito foi transferido; a moradia ainda não foi vendida."),
        EXECUTED,
        ANSWERED,
    ),
    "controlled_delivery": (
        ACCEPTED,
        EXECUTING,
        _step(ASKS, "no_longer_required", text="El contenedor fue descargado en otro puerto."),
    ),
    "detained_person_transfer": (
        REVIEW,
        *_consulted("conditions", "He is to be held alone, and seen by a doctor on arrival.", "Agreed."),
        ACCEPTED,
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
    "government_records": (
        _step(ASKED, "forwarded", forwarded_to="Conservatória do Registo Comercial, Bissau"),
        EXECUTED,
        ANSWERED,
    ),
    "joint_investigation": (
        REVIEW,
        *_asked("Qui dirige l'équipe à Kigali ?", "Le procureur à compétence nationale."),
        *_consulted("conditions", "Les agents détachés ne portent pas d'arme.", "C'est entendu."),
        ACCEPTED,
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
    "law_enforcement_cooperation": (
        ACCEPTED,
        EXECUTING,
        EXECUTED,
        _step(ASKED, "answered", text="Сведения о компании прилагаются.", use_limits={"handling": ["H0", "H1"]}),
        *_used("Использование сведений в суде.", "use_refused", "Источник не может быть назван.", "answered"),
    ),
    "preservation": (
        ACCEPTED,
        EXECUTED,
        _step(ASKS, "extension_asked", "executed", "The request follows in February.", until="2027-08-31"),
        _step(ASKED, "extended", "executed", until="2027-08-31"),
    ),
    "proceedings_transfer": (
        REVIEW,
        ACCEPTED,
        _step(ASKED, "forwarded", forwarded_to="Fiscalía de Montevideo de turno"),
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
    "sentenced_person_transfer": (
        REVIEW,
        *_asked("请补充提供服刑期间的奖惩记录。", "奖惩记录随函附上，无减刑记录。"),
        ACCEPTED,
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
    "special_technique": (
        REVIEW,
        *_consulted("refusal", "特情人员不得在本国境内携带设备。", "可以不携带设备。"),
        _step(ASKED, "refused", text="依本国法律，外国特情人员不得参与。", grounds=["18(21)(c)"], language="zh"),
    ),
    "spontaneous_information": (
        _step(ASKED, "information_requested", text="هل يُعرف رقم تسجيل الزورق؟", language="ar"),
        _step(ASKS, "information_given", "under_review", "الرقم SF 4471.", language="ar"),
        _step(ASKED, "use_asked", "under_review", "تقديم صور الجوازات إلى المحكمة.", language="ar"),
        _step(ASKS, "use_allowed", "under_review", "بعد حجب الأسماء.", language="ar"),
    ),
    "stored_data": (REVIEW, ACCEPTED, EXECUTING, EXECUTED, ANSWERED),
    "traffic_data": (
        ACCEPTED,
        EXECUTING,
        _step(ASKS, "no_longer_required", text="La victime a été libérée cette nuit, saine et sauve."),
    ),
    "video_hearing": (
        REVIEW,
        ACCEPTED,
        *_consulted("postponement", "La sala está ocupada en febrero.", "El tribunal acepta el 16 de marzo."),
        _step(ASKED, "postponed", text="Hasta el 16 de marzo.", until="2027-03-16"),
        EXECUTING,
        EXECUTED,
        ANSWERED,
    ),
}
"""By form."""
