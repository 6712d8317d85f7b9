from __future__ import annotations

import pytest

from bot.playground.errors import ApiError
from bot.playground.files import (
    MAX_DOWNLOAD,
    MAX_PHOTO,
    MAX_SENT_BY_PEOPLE,
    MAX_UPLOAD,
    Files,
    Upload,
    fit_together,
)
from tests.playground_bot import PNG

JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + (48).to_bytes(2) + (64).to_bytes(2) + b"\x03"


def test_a_file_is_found_by_its_id_and_its_path() -> None:
    files = Files()
    stored = files.add("document", Upload("call 2027.pdf", b"pdf"))
    assert (stored.path, files.at_path(stored.path), files.get(stored.id)) == ("documents/file_1.pdf", stored, stored)
    assert stored.downloadable() == {
        "file_id": stored.id,
        "file_unique_id": f"U{stored.id}",
        "file_size": 3,
        "file_path": "documents/file_1.pdf",
    }
    files.clear()
    assert files.at_path(stored.path) is None


def test_each_kind_is_shown_in_its_own_shape() -> None:
    files = Files()
    document = files.add("document", Upload("call.pdf", b"x")).content()["document"]
    assert (document["file_name"], document["mime_type"]) == ("call.pdf", "application/pdf")
    assert files.add("voice", Upload("v", b"x")).content(duration=4)["voice"]["duration"] == 4
    assert files.add("sticker", Upload("s.webp", b"x")).content(emoji="😀")["sticker"]["emoji"] == "😀"


def test_what_is_played_has_a_length_and_an_animation_is_a_document_too() -> None:
    files = Files()
    for kind in ("video", "audio", "animation", "video_note"):
        shown = files.add(kind, Upload(f"my.{kind}", b"x")).content(duration=9)
        assert shown[kind]["duration"] == 9
        assert ("document" in shown) == (kind == "animation")
    assert files.add("video", Upload("a", b"x")).content()["video"]["mime_type"] == "video/mp4"


def test_pictures_go_together_and_other_files_with_their_like() -> None:
    for kinds in (["photo", "video"], ["document", "document"], ["audio"]):
        assert fit_together(kinds)
    for kinds in (["photo", "document"], ["audio", "document"], ["voice", "voice"]):
        assert not fit_together(kinds)


@pytest.mark.parametrize(("width", "height"), [(9000, 1001), (2100, 100), (100, 2100)])
def test_a_picture_too_long_is_no_photo(width: int, height: int) -> None:
    picture = PNG[:16] + width.to_bytes(4) + height.to_bytes(4) + PNG[24:]
    with pytest.raises(ApiError, match="PHOTO_INVALID_DIMENSIONS"):
        Files().add("photo", Upload("p", picture))


@pytest.mark.parametrize(("picture", "size"), [(PNG, (640, 480)), (JPEG, (64, 48)), (b"GIF", (800, 600))])
def test_a_picture_has_its_size(picture: bytes, size: tuple[int, int]) -> None:
    photo = Files().add("photo", Upload("p", picture)).content()["photo"][0]
    assert (photo["width"], photo["height"]) == size


def test_a_file_given_by_id_must_be_here_and_of_that_kind() -> None:
    files = Files()
    stored = files.add("document", Upload("a", b"x"))
    assert files.reused("document", stored.id) is stored
    for given, why in [
        ("nothing", "wrong file identifier/HTTP URL specified"),
        ("https://unimi.it/a.pdf", "failed to get HTTP URL content"),
    ]:
        with pytest.raises(ApiError, match=f"Bad Request: {why}"):
            files.reused("document", given)
    with pytest.raises(ApiError, match="can't use file of type Document as Photo"):
        files.reused("photo", stored.id)
    with pytest.raises(ApiError, match="wrong file_id or the file is temporarily unavailable"):
        files.get("nothing")


def test_files_have_telegrams_sizes() -> None:
    files = Files()
    for kind, size, why in [
        ("photo", MAX_PHOTO, "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes"),
        ("document", MAX_UPLOAD, "Request Entity Too Large"),
    ]:
        files.add(kind, Upload("a", b"x", pretended=size))
        with pytest.raises(ApiError, match=why):
            files.add(kind, Upload("a", b"x", pretended=size + 1))
    with pytest.raises(ApiError, match="file must be non-empty"):
        files.add("document", Upload("a", b""))
    large = files.add("document", Upload("a", b"x" * (MAX_DOWNLOAD + 1)))
    files.add("document", Upload("a", b"x", pretended=MAX_SENT_BY_PEOPLE), most=MAX_SENT_BY_PEOPLE)
    with pytest.raises(ApiError, match="file is too big"):
        large.downloadable()
