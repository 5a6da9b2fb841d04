"""Who takes part: five authorities, two networks, three trustees, one relay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TRUSTEES = ("nairobi", "dakar", "vienna")
THRESHOLD = 2
RELAY = "relay.nairobi"


@dataclass(frozen=True)
class Office:
    """A central authority. `details` are further fields of its directory entry; telephone numbers are invented."""

    key: str
    name: str
    place: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id in the directory."""
        return f"{self.key}.central"


@dataclass(frozen=True)
class Network:
    """A network with one coordinator, whose key signs its roster."""

    id: str
    name: str
    members: tuple[str, ...]
    coordinator: str


KE = Office(
    "ke",
    "Office of the Attorney General and Department of Justice, Kenya",
    "Nairobi",
    {
        "languages": ["en", "sw"],
        "time_zone": "Africa/Nairobi",
        "office_hours": "Monday to Friday, 08:00 to 17:00",
        "telephone": "+254 20 555 0100",
        "contact_24_7": "+254 20 555 0199",
        "untoc_basis_mla": True,
        "treaties": ["United Nations Convention against Transnational Organized Crime"],
    },
)
TZ = Office(
    "tz",
    "Office of the Attorney General, United Republic of Tanzania",
    "Dodoma",
    {
        "languages": ["en", "sw"],
        "time_zone": "Africa/Dar_es_Salaam",
        "office_hours": "Monday to Friday, 07:30 to 15:30",
        "telephone": "+255 26 555 0100",
        "untoc_basis_mla": True,
        "formal_requirements": "A request names the account, the period and the purpose of the records.",
        "treaties": ["United Nations Convention against Transnational Organized Crime"],
    },
)
UG = Office(
    "ug",
    "Ministry of Justice and Constitutional Affairs, Uganda",
    "Kampala",
    {"languages": ["en"], "time_zone": "Africa/Kampala", "telephone": "+256 41 555 0100"},
)
NG = Office(
    "ng",
    "Federal Ministry of Justice, Central Authority Unit, Nigeria",
    "Abuja",
    {"languages": ["en"], "time_zone": "Africa/Lagos", "telephone": "+234 9 555 0100"},
)
SN = Office(
    "sn",
    "Ministère de la Justice, Direction des affaires criminelles et des grâces, Sénégal",
    "Dakar",
    {"languages": ["fr"], "time_zone": "Africa/Dakar", "telephone": "+221 33 555 0100"},
)
OFFICES = (KE, TZ, UG, NG, SN)

GLJCN = Network("gljcn", "Great Lakes Judicial Cooperation Network", (KE.id, TZ.id, UG.id), KE.id)
WACAP = Network(
    "wacap",
    "West African Network of Central Authorities and Prosecutors against Organized Crime",
    (NG.id, SN.id),
    NG.id,
)
NETWORKS = (GLJCN, WACAP)


def office(authority: str) -> Office:
    """The office with that id."""
    return next(one for one in OFFICES if one.id == authority)
