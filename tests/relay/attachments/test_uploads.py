"""Uploads: they go on where they were cut, at whatever byte, and are nobody else's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rogatory.relay.blobs.uploading import LEAST_PART, PART
from tests.relay.attachments.blobs import BlobClient, pieces, until
from tests.relay.conftest import KE, TZ, Connect
from tests.relay.process import RelayProcess


@pytest_asyncio.fixture
async def ke(relay: RelayProcess, node: Connect) -> AsyncIterator[BlobClient]:
    async with BlobClient(relay, await node(KE)) as client:
        yield client


async def resumed_at(ke: BlobClient, blob: bytes, least: int) -> int:
    """Where an upload stands once the relay has noticed that its connection ended."""

    async def noticed() -> bool:
        return await ke.offset(blob) >= least

    await until(noticed, "keep what it had read")
    return await ke.offset(blob)


async def test_an_upload_comes_back_whole_and_by_any_range(ke: BlobClient) -> None:
    content = os.urandom(2 * PART + 12_345)
    blob = await ke.keep(content)
    assert (await ke.get(blob)).body == content
    for span, expected in (
        ("bytes=0-0", content[:1]),
        (f"bytes={PART - 3}-{PART + 4}", content[PART - 3 : PART + 5]),
        (f"bytes={2 * PART}-", content[2 * PART :]),
        ("bytes=-7", content[-7:]),
        (f"bytes=5-{10 * PART}", content[5:]),
    ):
        answer = await ke.get(blob, span)
        assert (answer.status, answer.body) == (206, expected), span


@pytest.mark.parametrize("cut", [0, 1, LEAST_PART, PART - 1, PART, PART + 1, PART + LEAST_PART + 17, 2 * PART + 99])
async def test_an_upload_that_was_cut_at_any_byte_goes_on(ke: BlobClient, cut: int) -> None:
    content, blob = os.urandom(2 * PART + 100), os.urandom(32)
    await ke.create(blob, len(content))
    await ke.upload_cut(blob, content, 0, cut)
    kept = cut if cut % PART >= LEAST_PART else cut - cut % PART
    offset = await resumed_at(ke, blob, kept)
    assert offset <= cut
    assert (await ke.upload(blob, content[offset:], offset)).offset == len(content)
    assert (await ke.get(blob)).body == content


async def test_an_upload_goes_on_after_the_relay_was_killed(ke: BlobClient, node: Connect, relay: RelayProcess) -> None:
    content, blob = os.urandom(3 * PART), os.urandom(32)
    await ke.create(blob, len(content))
    await ke.upload_cut(blob, content, 0, 2 * PART + LEAST_PART // 2)
    await resumed_at(ke, blob, 2 * PART)
    relay.restart()
    async with BlobClient(relay, await node(KE)) as again:
        offset = await again.offset(blob)
        assert offset == 2 * PART
        assert (await again.upload(blob, content[offset:], offset)).offset == len(content)
        assert (await again.get(blob)).body == content


async def test_a_streamed_body_of_unknown_length_is_taken(ke: BlobClient) -> None:
    content, blob = os.urandom(PART + 777), os.urandom(32)
    await ke.create(blob, len(content))
    answer = await ke.ask("PATCH", blob, pieces(content, 100_000), Upload_Offset="0")
    assert (answer.status, answer.offset) == (204, len(content))
    assert (await ke.get(blob)).body == content


async def test_beginning_again_is_answered_as_it_stands(ke: BlobClient) -> None:
    content, blob = os.urandom(LEAST_PART), os.urandom(32)
    await ke.create(blob, 2 * LEAST_PART)
    await ke.upload(blob, content)
    again = await ke.create(blob, 2 * LEAST_PART)
    assert (again.status, again.offset) == (201, LEAST_PART)
    assert (await ke.create(blob, 3 * LEAST_PART)).status == 409


async def test_bytes_at_another_place_are_refused_and_change_nothing(ke: BlobClient) -> None:
    blob = os.urandom(32)
    await ke.create(blob, 1000)
    for offset in (1, 999, 1000, 5000):
        answer = await ke.upload(blob, b"x", offset)
        assert (answer.status, answer.offset) == (409, 0)
    assert (await ke.upload(blob, b"x" * 1001)).status == 413
    assert await ke.offset(blob) == 0


async def test_two_uploads_of_one_blob_cannot_both_add(ke: BlobClient) -> None:
    content, blob = os.urandom(2 * PART), os.urandom(32)
    await ke.create(blob, len(content))
    first, second = await asyncio.gather(ke.upload(blob, content), ke.upload(blob, content))
    assert 204 in (first.status, second.status)
    assert (await ke.get(blob)).body == content


async def test_an_upload_that_is_not_whole_is_not_read(ke: BlobClient) -> None:
    blob = os.urandom(32)
    await ke.create(blob, 10)
    assert (await ke.get(blob)).status == 404


async def test_a_given_up_upload_is_gone(ke: BlobClient) -> None:
    blob = await ke.keep(b"never mind")
    assert (await ke.ask("DELETE", blob)).status == 204
    assert (await ke.get(blob)).status == 404
    assert (await ke.ask("HEAD", blob)).status == 404


async def test_anothers_upload_can_neither_be_read_nor_added_to_nor_deleted(
    ke: BlobClient, relay: RelayProcess, node: Connect
) -> None:
    blob = os.urandom(32)
    await ke.create(blob, 2000)
    await ke.upload(blob, b"x" * 1000)
    async with BlobClient(relay, await node(TZ)) as tz:
        assert (await tz.ask("HEAD", blob)).status == 404
        assert (await tz.upload(blob, b"y" * 1000, 1000)).status == 404
        assert (await tz.get(blob)).status == 404
        assert (await tz.create(blob, 2000)).status == 409
        assert (await tz.ask("DELETE", blob)).status == 204
    await ke.upload(blob, b"x" * 1000, 1000)
    assert (await ke.get(blob)).body == b"x" * 2000


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer é"},
        {"Authorization": "Bearer " + "A" * 100},
    ],
    ids=str,
)
async def test_without_a_token_nothing_is_told(ke: BlobClient, headers: dict[str, str]) -> None:
    blob = await ke.keep(b"content")
    for method in ("PUT", "HEAD", "PATCH", "GET", "DELETE"):
        assert (await ke.ask(method, blob, **headers)).status == 401


async def test_a_changed_token_is_refused(ke: BlobClient) -> None:
    blob = await ke.keep(b"content")
    for at in range(0, len(ke.token) - 4, 7):
        other = "A" if ke.token[at] != "A" else "B"
        changed = ke.token[:at] + other + ke.token[at + 1 :]
        assert (await ke.ask("GET", blob, Authorization=f"Bearer {changed}")).status == 401


@pytest.mark.parametrize("name", ["xyz", "00" * 31, "00" * 33, "AB" * 32])
async def test_ids_that_are_none_are_refused(ke: BlobClient, name: str) -> None:
    url = f"{ke.relay.url}/v1/blobs/{name}"
    async with ke.http.get(url, headers={"Authorization": f"Bearer {ke.token}"}) as response:
        assert response.status == 409


@pytest.mark.parametrize("length", ["", "-1", "1e9", "0", "9" * 17, "٣"])
async def test_lengths_that_are_none_are_refused(ke: BlobClient, length: str) -> None:
    assert (await ke.ask("PUT", os.urandom(32), Upload_Length=length)).status == 409


@pytest.mark.parametrize("span", ["bytes=9-3", "bytes=100-", "lines=1-2", "bytes=0-1,3-4", "bytes=x-"])
async def test_ranges_that_are_none_are_refused(ke: BlobClient, span: str) -> None:
    blob = await ke.keep(b"content")
    assert (await ke.get(blob, span)).status in (409, 416)
