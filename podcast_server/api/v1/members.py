"""Members: look them up, and give and end memberships by hand."""

from __future__ import annotations

from flask import request

from episodes.models import Show
from feeds.grants import Cause, end_grant, give_grant, grants_of
from feeds.private_feeds import ensure_feed, feed_url
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.roster import PAGE, Row, Wanted, is_of_show, list_roster
from podcast_server.api.v1 import shapes
from podcast_server.api.v1.door import Refused, doing, operation, the_key, the_person, the_show
from podcast_server.database import reading
from podcast_server.i18n import spoken_or
from podcast_server.pages.wiring import current_time, page_asked_for, the_services


@operation("GET", "/shows/<slug>/members", needs="editor", answer=shapes.Page)
def members(slug: str) -> shapes.Page:
    """Members, newest first: ?q= words, ?state= member, card_failing, lapsed or free, ?page="""
    number = page_asked_for()
    wanted = Wanted(
        words=request.args.get("q", "")[:200], state=request.args.get("state", ""), page=number
    )
    with reading(the_services().engine) as database:
        rows, total = list_roster(database, the_show().id, wanted, current_time())
    return shapes.Page(
        members=[_told(row) for row in rows],
        total=total,
        page=number,
        pages=max(1, -(-total // PAGE)),
    )


@operation(
    "POST",
    "/shows/<slug>/members",
    needs="editor",
    body=shapes.Membership,
    answer=shapes.Feed,
    status=201,
)
def give(slug: str, body: shapes.Membership) -> shapes.Feed:
    """Give a membership by hand; answers with the private feed to send to its owner"""
    services, now = the_services(), current_time()
    with doing("member.give", body.email) as database:
        show = database.get_one(Show, the_show().id)
        if body.tier_id is not None and body.tier_id not in {tier.id for tier in show.tiers}:
            raise Refused(422, "There is no such tier in this show", {"tier_id": "none"})
        language = spoken_or(services.site.language, show.language)
        member = ensure_member(database, body.email, now=now, name=body.name, locale=language)
        give_grant(
            database,
            member_id=member.id,
            show_id=show.id,
            scope="show" if body.tier_id is None else "tier",
            scope_id=body.tier_id or 0,
            starts_at=now,
            ends_at=body.until,
            source="manual",
            cause=_cause(body.reason),
            now=now,
        )
        feed = ensure_feed(
            database,
            member_id=member.id,
            show_id=show.id,
            signing_key=services.tokens.newest,
            now=now,
        )
        address = feed_url(services.tokens, services.settings.site.public_url, feed)
        return shapes.Feed(member_id=member.id, feed=address)


@operation("POST", "/shows/<slug>/members/<int:member_id>/end", needs="editor", body=shapes.Ending)
def end(slug: str, member_id: int, body: shapes.Ending) -> None:
    """End what was given by hand; what is paid for ends with its payments, in the studio"""
    now = current_time()
    with doing("member.end", str(member_id)) as database:
        if not is_of_show(database, member_id, the_show().id):
            raise Refused(404, "There is no such member of this show")
        for grant in grants_of(database, member_id, the_show().id):
            if grant.source == "manual":
                end_grant(database, grant, at=now, cause=_cause(body.reason), now=now)


def _cause(reason: str) -> Cause:
    return Cause(f"{the_person().email} by {the_key().name}"[:80], reason)


def _told(row: Row) -> shapes.Member:
    return shapes.Member(
        id=row.id,
        email=row.email,
        name=row.name,
        state=row.state,
        since=row.since,
        last_fetched=row.last_fetched,
    )
