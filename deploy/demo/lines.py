"""What the officers say in the demo beside the request and the reply. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """An announcement."""

    title: str
    text: str


SUBJECT = "Timing of searches in the Lake Victoria transport case"
OPENING = (
    "Our investigators would like to search the Kisumu warehouse on the same morning as yours search Mwanza. "
    "Would the second week of next month be possible for your prosecutors?"
)
ANSWER = (
    "The second week suits us. The vessels are registered in Jinja, however: "
    "without Uganda the papers on board will be gone by noon."
)
REASON = "The vessels are registered in Jinja; the harbour office there must act on the same morning."
FIRST_WITH_ALL = "Good morning, Kampala. Could the harbour office in Jinja hold the two vessels from 06:00 that day?"
UGANDA = "It can, once a magistrate has signed. Send us the registration numbers and we prepare the application today."

ANNOUNCEMENTS = {
    "gljcn": Message(
        "Annual meeting of contact points",
        "The contact points meet in Kampala in the first week of March. Please name two participants by the end of "
        "January; travel is covered. On the agenda: video-link hearings, and bank records across the region.",
    ),
    "wacap": Message(
        "New checklist for requests on electronic evidence",
        "A checklist for expedited preservation requests is ready in English, French and Portuguese. "
        "Focal points are asked to try it on their next request and to send corrections to the secretariat.",
    ),
}

PHRASES = (
    "Barasa Wekhomba Simiyu",
    "Kilima Blue Freight",
    "0150-447-219036",
    "Mzizima Merchant Bank",
    "AG/CR/MLA/2026/0417",
    "AGC/MLA/KE/2026/0088",
    "executed in whole",
    "Lake Victoria",
    "Jinja",
    "contact points meet",
    "expedited preservation",
)
"""What an adversary would look for: words of the request, the reply, the consultation and the announcements."""
