"""/v1/requests: sending, listing and answering requests."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rogatory.languages.saying import reader, say
from rogatory.node.api.context import NODE, Body, body, part, reply, word
from rogatory.node.api.desk import desk
from rogatory.node.approvals.drafting import Doing, act
from rogatory.node.errors import RefusedInput
from rogatory.node.matters import queries
from rogatory.node.matters.following import follow_up
from rogatory.node.matters.handing_on import letter_to_hand_on
from rogatory.node.matters.requesting import DEFAULT_FORM, check_request
from rogatory.node.matters.views import MatterKind, Sent
from rogatory.protocol.documents import FORMS, schema_of, template_of
from rogatory.protocol.text import message

routes = web.RouteTableDef()


class RequestBody(Body, frozen=True, kw_only=True):
    """Whom to ask, and the fields of a request; its own subject stands for an empty `subject`.

    `insist`: send it although an addressee's directory entry objects.
    """

    to: list[str]
    request: dict[str, Any]
    subject: str = ""
    insist: bool = False
    attachments: tuple[str, ...] = ()


@routes.get("/v1/requests")
async def list_all(request: web.Request) -> web.Response:
    """Every matter that was opened for a request."""
    return reply(await request.app[NODE].query(lambda tx: queries.list_matters(tx, MatterKind.REQUEST)))


@routes.post("/v1/requests")
async def send(request: web.Request) -> web.Response:
    """Open a matter and send its request."""
    given = await body(request, RequestBody)
    asked = {
        "to": given.to,
        "fields": given.request,
        "subject": given.subject,
        "insist": given.insist,
        "attachments": given.attachments,
    }
    return await _act(request, Doing.REQUEST, asked)


@routes.post("/v1/requests/check")
async def check(request: web.Request) -> web.Response:
    """What stands between a request and its sending, without sending it."""
    given = await body(request, RequestBody)
    language = reader()
    found = await request.app[NODE].query(
        lambda tx: check_request(tx, given.to, given.request, lambda text: say(text, language))
    )
    return reply(found)


@routes.get("/v1/requests/forms")
async def forms(request: web.Request) -> web.Response:
    """The forms of requests: name, article of UNTOC, title."""
    return reply([{"form": name, "article": form.ARTICLE, "title": form.TITLE} for name, form in FORMS.items()])


@routes.get("/v1/requests/template")
async def template(request: web.Request) -> web.Response:
    """A request to fill in; `form` as in the list of forms."""
    return reply(template_of(_form(request)))


@routes.get("/v1/requests/schema")
async def schema(request: web.Request) -> web.Response:
    """JSON Schema of a form."""
    return reply(schema_of(FORMS[_form(request)]))


def _form(request: web.Request) -> str:
    form = word(request, "form") or DEFAULT_FORM
    if form not in FORMS:
        raise RefusedInput(
            message("{form} is no form of request", form=repr(form)), message("choose one of GET /v1/requests/forms")
        )
    return form


@routes.get("/v1/requests/{matter}/follow-up")
async def prepare(request: web.Request) -> web.Response:
    """A request to fill in that names the matter's request; `form`, `relation`, `words` as it needs them."""
    matter, words = part(request, "matter"), word(request, "words") or ""
    form, relation = word(request, "form"), word(request, "relation")
    found = await request.app[NODE].query(lambda tx: follow_up(tx, matter, form=form, relation=relation, words=words))
    return reply(found)


@routes.get("/v1/requests/{matter}/letter")
async def letter(request: web.Request) -> web.Response:
    """The matter's request as a letter for a competent authority, with its limits."""
    language = reader()
    found = await request.app[NODE].query(
        lambda tx: letter_to_hand_on(tx, part(request, "matter"), lambda text: say(text, language))
    )
    return reply(found)


@routes.post("/v1/requests/{matter}/replies")
async def answer(request: web.Request) -> web.Response:
    """Answer a matter's request with the fields of a reply."""
    given = await body(request, dict[str, Any])
    attachments = given.pop("attachments", ())
    if not isinstance(attachments, list | tuple) or not all(isinstance(each, str) for each in attachments):
        raise RefusedInput(message("attachments is a list of the ids of files that were given to the node"))
    asked = {"matter": part(request, "matter"), "fields": given, "attachments": list(attachments)}
    return await _act(request, Doing.REPLY, asked)


async def _act(request: web.Request, doing: Doing, given: dict[str, Any]) -> web.Response:
    """What was sent (201), or the draft that a second officer has to approve (202)."""
    done = await request.app[NODE].command(lambda tx: act(tx, desk(request), doing, given))
    return reply(done, 201 if isinstance(done, Sent) else 202)
