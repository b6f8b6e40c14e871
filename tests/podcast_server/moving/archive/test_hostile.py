"""Archives by somebody who means harm, or that were cut or changed on the way."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from episodes.storage.memory import MemoryStorage
from podcast_server.moving.archive.bring import import_archive
from podcast_server.moving.archive.export import Export, Wanted
from podcast_server.moving.archive.rows import is_empty
from podcast_server.moving.archive.source import open_source
from podcast_server.moving.archive.tar import END, header, index, padding
from podcast_server.moving.archive.verify import verify
from podcast_server.moving.errors import ArchiveError
from podcast_server.services import Services
from tests.conftest import NOW

Fresh = Callable[..., Services]
Files = dict[str, bytes]


def quiet(_path: str) -> None:
    """No progress to show."""


@pytest.fixture(scope="module")
def made_once() -> Files:
    """Where the good archive is kept, since making it takes longest."""
    return {}


@pytest.fixture
def files(request: pytest.FixtureRequest, made_once: Files) -> Files:
    """A good archive, file by file."""
    if not made_once:
        old = request.getfixturevalue("old")
        made = b"".join(Export(old, Wanted(keys=True, hits=True), NOW).stream())
        with tarfile.open(fileobj=io.BytesIO(made)) as tar:
            made_once |= {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    return dict(made_once)


def pack(files: Files, target: Path, *, sums: bool = True) -> Path:
    """A tar of these files; with ``sums`` the manifest agrees with them."""
    files = dict(files)
    if sums:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files["manifest.json"] = json.dumps(manifest).encode()
    body = b"".join(
        header(name, len(data), 0) + data + padding(len(data)) for name, data in files.items()
    )
    target.write_bytes(body + END)
    return target


def edited(data: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(data) | changes).encode()


def refused(server: Services, path: Path, match: str) -> None:
    """Refused with this reason, and nothing is there afterwards."""
    keys = server.settings.keys_file.read_bytes()
    with pytest.raises(ArchiveError, match=match):
        import_archive(server, path, progress=quiet)
    with server.engine.connect() as connection:
        assert is_empty(connection)
    assert list(server.storage.list()) == []
    assert server.settings.keys_file.read_bytes() == keys


def named(files: Files, end: str) -> str:
    """The first file whose name ends so."""
    return next(name for name in files if name.endswith(end))


def test_a_good_archive_repacked_by_the_test_is_taken(
    files: Files, fresh: Fresh, tmp_path: Path
) -> None:
    import_archive(fresh(), pack(files, tmp_path / "a.tar"), progress=quiet)


def test_an_archive_cut_off_anywhere_is_refused(files: Files, fresh: Fresh, tmp_path: Path) -> None:
    whole = pack(files, tmp_path / "a.tar").read_bytes()
    server = fresh()
    for length in (0, 1, 511, 512, 700, len(whole) // 3, len(whole) // 2, len(whole) - 1024):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        refused(server, tmp_path / "cut.tar", "cut off")


@pytest.mark.parametrize("end", ["audio.mp3", "grants.jsonl", "feed.xml", "signing-keys.json"])
def test_one_changed_byte_is_noticed(files: Files, fresh: Fresh, tmp_path: Path, end: str) -> None:
    name = named(files, end)
    files[name] = files[name][:-2] + bytes([files[name][-2] ^ 1]) + files[name][-1:]
    refused(fresh(), pack(files, tmp_path / "a.tar", sums=False), "damaged or was changed")


def test_a_file_too_many_or_too_few_is_noticed(files: Files, fresh: Fresh, tmp_path: Path) -> None:
    more = files | {"people/evil.jsonl": b"{}"}
    server = fresh()
    refused(server, pack(more, tmp_path / "a.tar", sums=False), "not in the manifest")
    del files[named(files, "audio.mp3")]
    refused(server, pack(files, tmp_path / "b.tar", sums=False), "is missing")


def test_records_that_vanished_are_noticed_though_the_sums_agree(
    files: Files, fresh: Fresh, tmp_path: Path
) -> None:
    files["people/grants.jsonl"] = files["people/grants.jsonl"].splitlines(keepends=True)[0]
    refused(fresh(), pack(files, tmp_path / "a.tar"), "should hold .* grants")


def test_audio_that_vanished_is_noticed_though_the_sums_agree(
    files: Files, fresh: Fresh, tmp_path: Path
) -> None:
    del files[named(files, "preview.mp3")]
    refused(fresh(), pack(files, tmp_path / "a.tar"), "preview.mp3 is missing")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_refused(
    files: Files, fresh: Fresh, tmp_path: Path, version: object
) -> None:
    files["manifest.json"] = edited(files["manifest.json"], version=version)
    refused(fresh(), pack(files, tmp_path / "a.tar"), "has version")


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{", b"[" * 100_000, b'{"format": "podcast_server archive"}', b"NaN"]
)
def test_a_manifest_that_is_none_is_refused(
    files: Files, fresh: Fresh, tmp_path: Path, manifest: bytes
) -> None:
    files["manifest.json"] = manifest
    refused(fresh(), pack(files, tmp_path / "a.tar", sums=False), "manifest|no archive|version")


def raw_tar(target: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(target, "w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../evil", "a//b", ".hidden", "a/.ssh/x", "a\\..\\b", "a b"],
)
def test_names_that_lead_out_are_refused(fresh: Fresh, tmp_path: Path, name: str) -> None:
    path = raw_tar(tmp_path / "a.tar", (tarfile.TarInfo(name), b"x"))
    refused(fresh(), path, "no name for a file")


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
    ],
)
def test_links_devices_and_everything_but_files_are_refused(
    fresh: Fresh, tmp_path: Path, kind: bytes
) -> None:
    info = tarfile.TarInfo("evil")
    info.type, info.linkname = kind, "/etc/passwd"
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + END)
    refused(fresh(), tmp_path / "a.tar", "not a regular file")


def test_a_size_beyond_the_file_reserves_nothing(fresh: Fresh, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(header("bomb", 8**11 - 1, 0) + END)
    refused(fresh(), tmp_path / "a.tar", "cut off within bomb")


def test_a_file_that_is_in_twice_is_refused(fresh: Fresh, tmp_path: Path) -> None:
    path = raw_tar(tmp_path / "a.tar", (tarfile.TarInfo("a"), b"x"), (tarfile.TarInfo("a"), b"y"))
    refused(fresh(), path, "twice")


@pytest.mark.parametrize("compressed", ["gz", "xz"])
def test_compressed_archives_are_refused_unopened(
    fresh: Fresh, tmp_path: Path, compressed: str
) -> None:
    with tarfile.open(tmp_path / "a.tar", f"w:{compressed}") as tar:  # type: ignore[call-overload]
        tar.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))
    refused(fresh(), tmp_path / "a.tar", "not a tar|cut off")


def test_links_in_a_folder_are_refused(old: Services, fresh: Fresh, tmp_path: Path) -> None:
    Export(old, Wanted(), NOW).write_folder(tmp_path / "archive")
    (tmp_path / "archive" / "people" / "members.jsonl").unlink()
    (tmp_path / "archive" / "people" / "members.jsonl").symlink_to("/etc/passwd")
    refused(fresh(), tmp_path / "archive", "not a regular file")
    (tmp_path / "archive" / "people" / "members.jsonl").unlink()
    os.mkfifo(tmp_path / "archive" / "people" / "members.jsonl")
    refused(fresh("other"), tmp_path / "archive", "not a regular file")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "../../x"}, "another episode"),
        ({"id": -1}, "cannot be"),
        ({"id": 2**40}, "cannot be"),
        ({"id": True}, "cannot be"),
        ({"title": None}, "cannot be"),
        ({"title": "x" * 256}, "cannot be"),
        ({"title": "\ud800"}, "cannot be"),
        ({"publish_at": "tomorrow"}, "cannot be"),
        ({"publish_at": "2026-01-01T00:00:00"}, "cannot be"),
        ({"chapters": {}}, "not a list"),
        ({"transcripts": 7}, "not a list"),
        ({"audio": []}, "not as it should be"),
        ({"strange": 1}, "does not know"),
        ({"artwork_key": "../../etc/passwd"}, "not a name for an object"),
        ({"artwork_key": "incoming/x.mp3"}, "does not belong to a show"),
    ],
)
def test_an_episode_that_is_not_as_it_should_be_is_refused(
    files: Files, fresh: Fresh, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    name = named(files, "episode.json")
    files[name] = edited(files[name], **changes)
    refused(fresh(), pack(files, tmp_path / "a.tar"), reason)


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("people/feeds.jsonl", b"{", "is not JSON"),
        ("people/feeds.jsonl", b"[]", "is not a record"),
        ("people/feeds.jsonl", b'{"a": NaN}', "is not JSON"),
        ("people/grants.jsonl", b"{}", "is missing"),
        ("people/members.jsonl", b"\xff\xfe", "is not JSON"),
        ("people/members.jsonl", b"[" * 200_000, "is not JSON"),
        ("downloads/daily.csv", b"1,2", "name the columns"),
        ("downloads/daily.csv", b'"', "is not CSV"),
    ],
)
def test_lists_that_are_not_as_they_should_be_are_refused_with_the_line(
    files: Files, fresh: Fresh, tmp_path: Path, path: str, line: bytes, reason: str
) -> None:
    files[path] = line + b"\n"
    refused(fresh(), pack(files, tmp_path / "a.tar"), f"{path}, line 1.* {reason}")


def test_records_that_do_not_fit_together_leave_nothing_behind(
    files: Files, fresh: Fresh, tmp_path: Path
) -> None:
    grants = files["people/grants.jsonl"].splitlines()
    grants[-1] = edited(grants[-1], member_id=987654)
    files["people/grants.jsonl"] = b"\n".join(grants) + b"\n"
    refused(fresh(), pack(files, tmp_path / "a.tar"), "do not fit together")


def test_a_foreign_file_in_the_storage_is_not_overwritten(
    files: Files, fresh: Fresh, tmp_path: Path
) -> None:
    server = fresh()
    key = json.loads(files[named(files, "episode.json")])["audio"]["object_key"]
    server.storage.put(key, io.BytesIO(b"mine"), content_type="audio/mpeg")
    with pytest.raises(ArchiveError, match="holds another file"):
        import_archive(server, pack(files, tmp_path / "a.tar"), progress=quiet)
    assert [(each.key, each.size) for each in server.storage.list()] == [(key, 4)]


def test_no_secret_is_in_an_archive_without_keys(
    old: Services, session: Any, tmp_path: Path
) -> None:
    from podcast_server.accounts.staff.models import Staff, StaffSession

    staff = Staff(email="owner@example.org", password_hash="argon2-hash-7", created_at=NOW)
    session.add(staff)
    session.flush()
    session.add(
        StaffSession(
            token_hash="session-hash-7",
            staff_id=staff.id,
            created_at=NOW,
            seen_at=NOW,
            expires_at=NOW,
        )
    )
    session.commit()
    archive = b"".join(Export(old, Wanted(hits=True), NOW).stream())
    secret = old.tokens.keys[0].secret.encode()
    for word in (b"argon2-hash-7", b"session-hash-7", b"owner@example.org", secret):
        assert word not in archive
    assert secret in b"".join(Export(old, Wanted(keys=True), NOW).stream())


@hypothesis.given(st.binary(max_size=3000))
@hypothesis.settings(max_examples=60)
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with contextlib.suppress(ArchiveError):
        index(io.BytesIO(data))


@hypothesis.given(data=st.data())
@hypothesis.settings(
    max_examples=40,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
def test_an_archive_with_a_flipped_byte_is_refused_or_the_same(
    data: st.DataObject, tmp_path: Path
) -> None:
    files = {"a.txt": b"hello", "b/c.txt": bytes(600), "manifest.json": MANIFEST}
    whole = bytearray(pack(files, tmp_path / "a.tar").read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    (tmp_path / "b.tar").write_bytes(whole)
    try:
        with open_source(tmp_path / "b.tar") as source:
            manifest = verify(source, quiet)
            assert manifest.files.keys() == {"a.txt", "b/c.txt"}
    except ArchiveError:
        pass


MANIFEST = json.dumps(
    {
        "format": "podcast_server archive",
        "version": 1,
        "made": "2026-01-01T00:00:00Z",
        "server": "",
        "with_keys": False,
        "with_hits": False,
        "counts": {},
        "missing": [],
        "files": {},
    }
).encode()


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [0, 3, 7])
def test_killed_while_files_come_it_is_run_again(
    files: Files, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    path, server = pack(files, tmp_path / "a.tar"), fresh()
    put = MemoryStorage.put
    done: list[int] = []

    def dying(*arguments: Any, **named: Any) -> Any:
        if len(done) == after:
            raise Killed
        done.append(1)
        return put(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryStorage, "put", dying)
        with pytest.raises(Killed):
            import_archive(server, path, progress=quiet)
    assert len(list(server.storage.list())) == after
    again = import_archive(server, path, progress=quiet)
    assert again.objects == len(list(server.storage.list())) - after
    with server.engine.connect() as connection:
        assert not is_empty(connection)


@pytest.mark.parametrize("step", ["fold_all_access", "sign_with_known", "save_signing_keys"])
def test_killed_while_rows_come_it_is_run_again(
    files: Files, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path, server = pack(files, tmp_path / "a.tar"), fresh()

    def dying(*_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(f"podcast_server.moving.archive.bring.{step}", dying)
        with pytest.raises(Killed):
            import_archive(server, path, progress=quiet)
    with server.engine.connect() as connection:
        assert is_empty(connection)
    assert import_archive(server, path, progress=quiet).objects == 0
