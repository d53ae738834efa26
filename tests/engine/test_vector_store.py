"""The address of a store of vectors, its token, and what goes into it."""

from pathlib import Path

import pytest

from engine.errors import VectorStoreError
from engine.results import ImageFile
from engine.vector_store import StoreAddress, StoredPhoto, merged, primary_key, read_token


def test_an_address_names_server_and_collection() -> None:
    address = StoreAddress.parse("milvus://archive.example:1234/photos")
    assert (address.host, address.port, address.collection) == ("archive.example", 1234, "photos")
    assert address.uri == "http://archive.example:1234"
    assert str(address) == "milvus://archive.example:1234/photos"
    assert StoreAddress.parse("milvus+tls://archive.example/photos").uri == "https://archive.example:19530"
    assert StoreAddress.parse("milvus://[::1]:1234/photos").uri == "http://[::1]:1234"


@pytest.mark.parametrize(
    "text",
    ["", "milvus://", "milvus://host:1/", "http://host:1/photos", "milvus://host:99999/photos", "milvus://host:1/a b"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(VectorStoreError):
        StoreAddress.parse(text)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(VectorStoreError) as refused:
        StoreAddress.parse("milvus://root:S3cret@host:1/photos")
    assert "S3cret" not in str(refused.value)


def test_the_token_is_never_shown() -> None:
    address = StoreAddress.parse("milvus://host:1/photos", "S3cret")
    assert address.token == "S3cret"
    assert "S3cret" not in f"{address} {address!r}"


def test_the_token_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEMBLANCE_STORE_TOKEN_FILE", raising=False)
    monkeypatch.setenv("SEMBLANCE_STORE_TOKEN", "one")
    assert read_token() == "one"
    file = tmp_path / "token"
    file.write_text("two\n")
    assert read_token(file) == "two"
    monkeypatch.setenv("SEMBLANCE_STORE_TOKEN_FILE", str(file))
    assert read_token() == "two"
    with pytest.raises(VectorStoreError, match="absent"):
        read_token(tmp_path / "absent")


def test_a_key_depends_on_content_and_model_alone() -> None:
    assert primary_key(b"1" * 16, "ab" * 32) == primary_key(b"1" * 16, "ab" * 32)
    assert len({primary_key(content * 16, sha * 32) for content in (b"1", b"2") for sha in ("ab", "cd")}) == 4


def test_copies_of_a_photo_become_one_with_all_its_files() -> None:
    first, second = ImageFile("b.jpg", 1, 2), ImageFile("a.jpg", 1, 3)
    together = merged([StoredPhoto(b"1" * 16, (first,)), StoredPhoto(b"1" * 16, (second,)), StoredPhoto(b"2" * 16, ())])
    assert [photo.files for photo in together.values()] == [(second, first), ()]
