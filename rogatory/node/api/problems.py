"""What the local API answers when it does not do what was asked: {error, explanation, next_step}."""

from __future__ import annotations

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from rogatory.keys.errors import DirectoryExpired, KeysError, UnknownEntry
from rogatory.node.errors import Conflict, NodeError, NotFound, RefusedInput, Unauthorised
from rogatory.protocol.errors import ProtocolError


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is the code of a NodeError, `exit_code` what a command that met it ends with."""

    error: str
    explanation: str
    next_step: str = ""
    exit_code: int = 3


def as_node_error(error: Exception) -> NodeError:
    """An error of the packages below, as one of this one's."""
    match error:
        case NodeError():
            return error
        case UnknownEntry():
            return NotFound(str(error), "look it up with: rogatory-node authority list")
        case DirectoryExpired():
            return Conflict(str(error), "wait until the relay mirrors a newer directory, see: rogatory-node status")
        case _:
            return RefusedInput(str(error))


def respond(error: NodeError) -> web.Response:
    """The response that tells of an error."""
    problem = Problem(
        error=error.code, explanation=error.explanation, next_step=error.next_step, exit_code=error.exit_code
    )
    return web.Response(status=error.status, body=msgspec.json.encode(problem), content_type="application/json")


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
        return respond(NotFound(f"there is no {request.path} here", "see the list of addresses in API.md"))
    except web.HTTPMethodNotAllowed as error:
        return respond(RefusedInput(f"{request.path} takes {', '.join(sorted(error.allowed_methods))} only"))
    except web.HTTPUnauthorized:
        return respond(Unauthorised("the token is missing or wrong", "send the token in the node folder's api.token"))
