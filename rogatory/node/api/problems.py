"""What the local API answers when it does not do what was asked: {error, explanation, next_step}."""

from __future__ import annotations

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from rogatory.keys.errors import KeysError
from rogatory.node.errors import NodeError, NotFound, RefusedInput
from rogatory.node.problem import Problem, as_node_error
from rogatory.protocol.errors import ProtocolError


def respond(error: NodeError) -> web.Response:
    """The response that tells of an error."""
    body = msgspec.json.encode(Problem.of(error))
    return web.Response(status=error.status, body=body, content_type="application/json")


@web.middleware
async def tell_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into a problem."""
    try:
        return await handler(request)
    except (NodeError, KeysError, ProtocolError) as error:
        return respond(as_node_error(error))
    except web.HTTPRequestEntityTooLarge:
        return respond(RefusedInput("the request's body is over the limit", "send less, or in parts"))
    except web.HTTPNotFound:
        return respond(NotFound(f"there is no {request.path} here", "rogatory/node/API.md lists the addresses"))
    except web.HTTPMethodNotAllowed as error:
        return respond(RefusedInput(f"{request.path} takes {', '.join(sorted(error.allowed_methods))} only"))
