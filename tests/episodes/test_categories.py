"""Apple's categories, to the letter."""

from __future__ import annotations

import pytest

from episodes.categories import CATEGORIES, check_categories, is_category
from episodes.errors import BadField


def test_there_are_nineteen_categories_in_apples_order() -> None:
    assert len(CATEGORIES) == 19
    assert sum(map(len, CATEGORIES.values())) == 91


def test_a_category_may_stand_alone_or_with_its_subcategory() -> None:
    check_categories([["Technology", None], ["Arts", "Books"]])
    assert is_category("Arts", "Books")
    assert not is_category("Arts", "Politics")
    assert not is_category("arts")


@pytest.mark.parametrize(
    ("pair", "hint"),
    [
        (["arts", None], "did you mean “Arts”"),
        (["Society and Culture", None], "did you mean “Society & Culture”"),
        (["Arts", "Book"], "did you mean “Books”"),
        (["Technology", "Computers"], "has no subcategories"),
        (["", None], "needs a name"),
        (["Arts"], "needs a name"),
    ],
)
def test_a_wrong_one_is_refused_with_what_was_likely_meant(
    pair: list[str | None], hint: str
) -> None:
    with pytest.raises(BadField, match=hint):
        check_categories([pair])
