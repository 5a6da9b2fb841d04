"""The HTTP endpoints beside the link: health, readiness, metrics, and the mirrored directory."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from rogatory.keys.directory.expiry import expiry_warnings
from rogatory.keys.errors import KeysError
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.services import Services

PROBE_SECONDS = 2.0
_READ_AT_ONCE = 256 * 1024


class Endpoints:
    """What is asked without a session, by anybody."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """Where they stand."""
        return [
            web.get("/health", self.health),
            web.get("/ready", self.ready),
            web.get("/metrics", self.metrics),
            web.get("/directory", self.directory),
        ]

    async def health(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "alive"})

    async def ready(self, _: web.Request) -> web.Response:
        """Whether nodes can be served: 200, or 503 with what is missing."""
        problems: list[str] = []
        try:
            await asyncio.wait_for(self._services.store.probe(), PROBE_SECONDS)
            await asyncio.wait_for(self._services.objects.probe(), PROBE_SECONDS)
        except Refusal as refusal:
            problems.append(refusal.explanation)
        except TimeoutError:
            problems.append(message("the database, or where attachments are kept, does not answer in time"))
        mirror = self._services.mirror
        version, warnings = None, []
        if mirror.current is None:
            problems.append(
                mirror.problem or mirror.publisher_problem or message("no directory bundle was accepted yet")
            )
        else:
            directory, now = mirror.current.directory, time.time()
            version, warnings = directory.targets_version, expiry_warnings(directory, now)
            try:
                directory.may_trust_new(now)
            except KeysError as error:
                problems.append(str(error))
        body = {
            "ready": not problems,
            "problems": problems,
            "warnings": [one.message for one in warnings],
            "directory_refused": mirror.problem,
            "directory_not_fetched": mirror.publisher_problem,
            "relay": self._services.keys.relay,
            "directory_version": version,
        }
        return web.json_response(body, status=503 if problems else 200)

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' exposition format."""
        return web.Response(
            body=self._services.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def directory(self, request: web.Request) -> web.StreamResponse:
        """The mirrored bundle; its ETag is the SHA-256 that Ready and DirectoryChanged name."""
        mirrored = self._services.mirror.current
        if mirrored is None:
            return web.json_response({"problem": "no directory is mirrored yet"}, status=503)
        headers = {"ETag": f'"{mirrored.etag}"', "Cache-Control": "no-cache"}
        wanted = request.if_none_match or ()
        if any(tag.value in (mirrored.etag, "*") for tag in wanted):
            return web.Response(status=304, headers=headers)
        bundle = mirrored.bundle
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream", **headers})
        response.content_length = bundle.size
        await response.prepare(request)
        if request.method != "HEAD":
            for start in range(0, bundle.size, _READ_AT_ONCE):
                await response.write(await asyncio.to_thread(bundle.read, start, _READ_AT_ONCE))
        return response
