"""``/me/mails``: new episodes by mail, or not; ``/unsubscribe/<token>``: the end of them."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from podcast_server.accounts.mail_choices import (
    CHOICES,
    SECRET,
    choices_of,
    choose,
    read_unsubscribe_token,
)
from podcast_server.accounts.models import Member
from podcast_server.accounts.standing import standings_of
from podcast_server.database import reading
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.security import csrf
from podcast_server.services import Services

blueprint = Blueprint("mails", __name__)


@blueprint.get("/me/mails")
@member_required
def page() -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    with reading(services.engine) as database:
        shows = [each.show for each in standings_of(database, member.id, now)]
        chosen = choices_of(database, member.id)
    return make_response(
        render_template(
            "member/mails/mails.html", shows=shows, chosen=chosen, choices=CHOICES, member=member
        )
    )


@blueprint.post("/me/mails")
@member_required
def save() -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    with services.sessions.begin() as database:
        for standing in standings_of(database, member.id, now):
            wanted = request.form.get(f"show-{standing.show.id}", "")
            for choice in CHOICES:
                if choice == wanted:
                    choose(database, member.id, standing.show.id, choice, now)
    flash(gettext("Saved."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.get("/unsubscribe/<token>")
def ask(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        _member_id, show = _find(services, database, token)
    return make_response(
        render_template("member/mails/unsubscribe.html", show=show, token=token, done=False)
    )


# A mail program sends this without ever having seen the page (RFC 8058 §3.1): the token in
# the address stands for the reader, and all that can be done with it is to stop the mails.
@blueprint.post("/unsubscribe/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]
def stop(token: str) -> Response:
    services = the_services()
    with services.sessions.begin() as database:
        member_id, show = _find(services, database, token)
        choose(database, member_id, show.id, "never", current_time())
    return make_response(
        render_template("member/mails/unsubscribe.html", show=show, token=token, done=True)
    )


def _find(services: Services, database: Session, token: str) -> tuple[int, Show]:
    found = read_unsubscribe_token(services.tokens.derive(SECRET), token)
    if found is None:
        abort(404)
    member_id, show_id = found
    show = database.get(Show, show_id)
    if show is None or database.get(Member, member_id) is None:
        abort(404)
    return member_id, show
