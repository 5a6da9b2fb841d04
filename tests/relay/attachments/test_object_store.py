"""Attachments in an S3-compatible store, over the real S3 API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from rogatory.relay.blobs.uploading import PART
from tests.keys.simulator import DirectorySimulator
from tests.relay.attachments.blobs import BlobClient, until
from tests.relay.conftest import KE, TZ, Connect, founded
from tests.relay.process import RelayProcess

BUCKET = "evidence"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def relay(
    tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator, endpoint: str
) -> Iterator[RelayProcess]:
    s3(endpoint).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"}
    settings = {"blobs": f"s3://{BUCKET}/relay-one", "retention": {"interval_seconds": 0.2}}
    folder = tmp_path_factory.mktemp("s3")
    with RelayProcess(folder, simulator, settings=settings, environment=environment) as process:
        yield process


def s3(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="eu-west-1",
    )


def keys(endpoint: str) -> list[str]:
    """Names of all objects."""
    return [found["Key"] for found in s3(endpoint).list_objects_v2(Bucket=BUCKET).get("Contents", [])]


async def test_blobs_are_objects_and_go_with_what_refers_to_them(
    relay: RelayProcess, node: Connect, endpoint: str
) -> None:
    content = os.urandom(2 * PART + 321)
    async with BlobClient(relay, await node(KE)) as ke, BlobClient(relay, await node(TZ)) as tz:
        blob = await ke.keep(content)
        held = [key for key in keys(endpoint) if blob.hex() in key]
        assert len(held) == 3
        assert all(key.startswith(f"relay-one/{blob.hex()}/") for key in held)
        channel = await founded(ke.client, TZ)
        assert (await tz.get(blob)).status == 404
        await ke.refer(channel, 1, blob)
        assert (await tz.get(blob)).body == content
        span = f"bytes={PART - 10}-{2 * PART + 10}"
        assert (await tz.get(blob, span)).body == content[PART - 10 : 2 * PART + 11]

        dropped = await ke.keep(content)
        await ke.ask("DELETE", dropped)

        async def gone() -> bool:
            return not any(dropped.hex() in key for key in keys(endpoint))

        await until(gone, "delete the objects")
        assert (await tz.get(blob)).body == content


async def test_a_cut_upload_goes_on(relay: RelayProcess, node: Connect) -> None:
    content, blob = os.urandom(2 * PART), os.urandom(32)
    async with BlobClient(relay, await node(KE)) as ke:
        await ke.create(blob, len(content))
        await ke.upload_cut(blob, content, 0, PART + PART // 2)

        async def kept() -> bool:
            return await ke.offset(blob) == PART + PART // 2

        await until(kept, "keep what it had read")
        await ke.upload(blob, content[PART + PART // 2 :], PART + PART // 2)
        assert (await ke.get(blob)).body == content
        assert relay.get("/ready")[0] == 200
