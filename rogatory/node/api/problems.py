"""What the local API answers when it does not do what was asked: {error, explanation, next_step}."""

from __future__ import annotations

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from rogatory.keys.errors import KeysError
from rogatory.languages import of_header, reading
from rogatory.languages.saying import said
from rogatory.node.errors import NodeError, NotFound, RefusedInput
from rogatory.node.problem import Problem, as_node_error
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.text import message


def respond(error: NodeError) -> web.Response:
    """The response that tells of an error."""
    body = msgspec.json.encode(Problem.of(error), enc_hook=said)
    return web.Response(status=error.status, body=body, content_type="application/json")


@web.middleware
async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say what a caller reads in the language that it asks for."""
    with reading(of_header(request.headers.get("Accept-Language", ""))):
        return await handler(request)


@web.middleware
async def tell_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into a problem."""
    try:
        return await handler(request)
    except (NodeError, KeysError, ProtocolError) as error:
        return respond(as_node_error(error))
    except web.HTTPRequestEntityTooLarge:
        return respond(RefusedInput(message("the request's body is over the limit"), message("send less, or in parts")))
    except web.HTTPNotFound:
        return respond(
            NotFound(
                message("there is no {path} here", path=request.path),
                message("rogatory/node/API.md lists the addresses"),
            )
        )
    except web.HTTPMethodNotAllowed as error:
        return respond(
            RefusedInput(
                message("{path} takes {methods} only", path=request.path, methods=tuple(sorted(error.allowed_methods)))
            )
        )
