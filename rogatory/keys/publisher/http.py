"""The publisher's HTTP: what relays mirror by URL, and what an operator watches."""

from aiohttp import web

from rogatory.keys.publisher.metrics import Metrics
from rogatory.keys.publisher.publisher import Publisher


class Endpoints:
    """Asked by anybody: the directory is public, and trusted by its signatures alone."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._publisher = publisher
        self._metrics = metrics

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
        """200 if nothing is amiss, else 503; warnings are of ends of terms weeks ahead."""
        warnings = self._publisher.warnings
        problems = [*self._publisher.problems, *(one.message for one in warnings if one.expired)]
        current = self._publisher.current
        body = {
            "ready": not problems,
            "problems": problems,
            "warnings": [one.message for one in warnings if not one.expired],
            "directory_version": current.directory.targets_version if current else None,
            "expires": dict(current.directory.role_expires) if current else None,
        }
        return web.json_response(body, status=503 if problems else 200)

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' exposition format."""
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def directory(self, request: web.Request) -> web.Response:
        """The bundle; its ETag is its SHA-256 in hex, so that a relay asks with If-None-Match and gets 304."""
        current = self._publisher.current
        if current is None:
            return web.json_response({"problem": "nothing is published yet"}, status=503)
        headers = {"ETag": f'"{current.etag}"', "Cache-Control": "no-cache"}
        if any(tag.value in (current.etag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=current.bundle, content_type="application/octet-stream", headers=headers)
