"""Apple's podcast categories: the one list that every directory reads, in its exact words."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from episodes.errors import BadField

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": (
        "Careers",
        "Entrepreneurship",
        "Investing",
        "Management",
        "Marketing",
        "Non-Profit",
    ),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "History": (),
    "Health & Fitness": (
        "Alternative Health",
        "Fitness",
        "Medicine",
        "Mental Health",
        "Nutrition",
        "Sexuality",
    ),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        "Animation & Manga",
        "Automotive",
        "Aviation",
        "Crafts",
        "Games",
        "Hobbies",
        "Home & Garden",
        "Video Games",
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        "Business News",
        "Daily News",
        "Entertainment News",
        "News Commentary",
        "Politics",
        "Sports News",
        "Tech News",
    ),
    "Religion & Spirituality": (
        "Buddhism",
        "Christianity",
        "Hinduism",
        "Islam",
        "Judaism",
        "Religion",
        "Spirituality",
    ),
    "Science": (
        "Astronomy",
        "Chemistry",
        "Earth Sciences",
        "Life Sciences",
        "Mathematics",
        "Natural Sciences",
        "Nature",
        "Physics",
        "Social Sciences",
    ),
    "Society & Culture": (
        "Documentary",
        "Personal Journals",
        "Philosophy",
        "Places & Travel",
        "Relationships",
    ),
    "Sports": (
        "Baseball",
        "Basketball",
        "Cricket",
        "Fantasy Sports",
        "Football",
        "Golf",
        "Hockey",
        "Rugby",
        "Running",
        "Soccer",
        "Swimming",
        "Tennis",
        "Volleyball",
        "Wilderness",
        "Wrestling",
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}


def is_category(top: str, sub: str | None = None) -> bool:
    """Whether Apple knows this category, and below it this subcategory, to the letter."""
    return top in CATEGORIES and (sub is None or sub in CATEGORIES[top])


def check_categories(categories: Sequence[Sequence[str | None]]) -> None:
    """Check a show's ``[top, sub or None]`` pairs. Raises BadField with what was likely meant."""
    for pair in categories:
        if len(pair) != 2 or not pair[0]:
            raise BadField("categories", "each needs a name and a subcategory or nothing")
        top, sub = pair
        if not is_category(str(top)):
            raise BadField("categories", f"“{top}” is not one of Apple's{_hint(top, CATEGORIES)}")
        if not is_category(str(top), sub):
            below = CATEGORIES[str(top)]
            raise BadField("categories", f"“{sub}” is not part of {top}{_hint(sub, below)}")


def _hint(name: str | None, names: Sequence[str] | dict[str, tuple[str, ...]]) -> str:
    by_case = {each.lower(): each for each in names}
    near = get_close_matches(str(name).lower(), by_case, n=1)
    if near:
        return f": did you mean “{by_case[near[0]]}”?"
    return f" (there are {', '.join(names)})" if names else ", which has no subcategories"
