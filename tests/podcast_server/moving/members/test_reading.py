"""Files as they come: encodings, separators, and what is refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.moving.members import read
from podcast_server.moving.members.columns import choose_columns, entries
from podcast_server.moving.members.dates import read_moment
from podcast_server.moving.members.errors import MappingRefused, TableRefused
from podcast_server.moving.members.read import LONGEST_CELL, read_sheet

TEXT = "email;name\nada@example.org;Ada Lovelæce\nzoe@example.org;Zoë\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    sheet = read_sheet(TEXT.encode(encoding))
    assert sheet.headers == ("email", "name")
    assert list(sheet.lines())[1].cells == ("zoe@example.org", "Zoë")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_told_by_the_header(separator: str) -> None:
    rows = [["email", "the name, or; so"], ["ada@example.org", "Byron, Ada; countess"]]
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=separator).writerows(rows)
    assert [line.cells for line in read_sheet(sheet.getvalue().encode()).lines()] == [
        tuple(rows[1])
    ]


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    sheet = read_sheet(b'email,name\n\na@example.org,"two\nlines"\nb@example.org,B\n')
    assert [line.number for line in sheet.lines()] == [4, 5]


def test_odd_spaces_become_plain_ones_and_control_characters_go() -> None:
    sheet = read_sheet("email,name\na@example.org,\u00a0Ada\u00a0By\u200bron\x1b[31m\n".encode())
    assert next(iter(sheet.lines())).cells == ("a@example.org", "Ada Byron[31m")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04workbook", "workbook"),
        (b'email,name\na@example.org,"open\n' * 3, "quotation mark"),
        (b"email\n\x00\x00\x00", "no text"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(TableRefused, match=words):
        read_sheet(data)


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_BYTES", 10)
    with pytest.raises(TableRefused, match="larger"):
        read_sheet(b"email\n" + b"a@example.org\n" * 3)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_ROWS", 2)
    with pytest.raises(TableRefused, match="more than 2 rows"):
        read_sheet(b"email\n" + b"a@example.org\n" * 3)


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        sheet = read_sheet(data)
    except TableRefused:
        return
    for line in sheet.lines():
        assert all(len(cell) <= LONGEST_CELL + 1 for cell in line.cells)
        assert not any(character in cell for cell in line.cells for character in "\r\n\0\x1b")


@given(st.lists(st.lists(st.text(max_size=40), min_size=2, max_size=4), max_size=6))
def test_any_table_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    sheet = io.StringIO()
    csv.writer(sheet, quoting=csv.QUOTE_ALL).writerows([["email", "name"], *rows])
    try:
        found = read_sheet(sheet.getvalue().encode("utf-8", "surrogatepass"))
    except TableRefused:
        return
    assert len(list(found.lines())) == found.size <= len(rows)
    list(entries(found, choose_columns(found, None, {})))


@given(st.text(max_size=40))
def test_any_date_is_read_or_refused(text: str) -> None:
    try:
        moment = read_moment(text)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-01", "2026-07-01"),
        ("2026-07-01 07:00:11.104000", "2026-07-01"),
        ("2026-07-01T23:30:00-05:00", "2026-07-02"),
        ("07/01/2026", "2026-07-01"),
        ("01.07.2026", "2026-07-01"),
        ("1782864000", "2026-07-01"),
        ("Jul 1, 2026", "2026-07-01"),
    ],
)
def test_dates_are_read_however_hosts_write_them(text: str, day: str) -> None:
    moment = read_moment(text)
    assert moment is not None
    assert moment.date().isoformat() == day


def test_a_date_with_slashes_is_read_the_other_way_when_asked() -> None:
    moment = read_moment("03/04/2026", day_first=True)
    assert moment is not None
    assert (moment.day, moment.month) == (3, 4)


def test_columns_of_homemade_tables_are_found_by_their_names() -> None:
    sheet = read_sheet(
        "E-Mail;Prénom;Nom de famille;Formule\na@example.org;Ada;Byron;Or\n".encode()
    )
    [entry] = entries(sheet, choose_columns(sheet, None, {}))
    assert (entry.email, entry.name, entry.tier) == ("a@example.org", "Ada Byron", "Or")


def test_a_chosen_column_goes_before_the_found_one() -> None:
    sheet = read_sheet(b"email,real address\nold@example.org,new@example.org\n")
    [entry] = entries(sheet, choose_columns(sheet, None, {"email": "real address"}))
    assert entry.email == "new@example.org"


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    sheet = read_sheet(b"email,level\na@example.org,gold\n")
    with pytest.raises(MappingRefused, match="email, level"):
        choose_columns(sheet, None, {"tier": "Tier"})


def test_a_table_without_addresses_is_refused() -> None:
    sheet = read_sheet(b"who,level\nAda,gold\n")
    with pytest.raises(MappingRefused, match="e-mail"):
        choose_columns(sheet, None, {})
