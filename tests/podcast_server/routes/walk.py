"""Every rule of the server under every method, asked by everybody, rightly and wrongly."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from podcast_server.api.v1.description import describe
from tests.podcast_server.routes import bodies, hostile
from tests.podcast_server.routes.addresses import Place, places
from tests.podcast_server.routes.bodies import BYTES, JSON, Body
from tests.podcast_server.routes.forms import Form, forms_of
from tests.podcast_server.routes.stack import HOST, METRICS, Answer, Ask, Stack

EVERYBODY = ("nobody", "member", "owner", "editor", "analyst", "key")
_READING = {"GET", "HEAD", "OPTIONS"}
_DOORS = ("/sign-in", "/studio/sign-in")
# What the specification wants: https://oembed.com, of a format that is not spoken.
MEANT = {("/oembed", 501)}
_ASKED_WITH = {"/oembed": {"url": f"https://{HOST}/shows/harbour/harbourb22"}}
_QUERY_NAMES = (
    *("page", "q", "state", "lang", "next", "code", "show", "sort", "days", "from", "to", "month"),
    *("before", "t", "url", "format", "maxwidth", "maxheight", "tries", "name", "device", "price"),
)


@dataclass
class Walk:
    """What was asked so far, and how each place answered."""

    stack: Stack
    seed: str
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    reached: dict[str, int] = field(default_factory=Counter)  # by place: what got behind the door
    forms: dict[str, list[Form]] = field(default_factory=lambda: defaultdict(list))  # by endpoint
    best: dict[str, Ask] = field(default_factory=dict)  # by place: a request that got there
    wrong: list[str] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.places = list(places(self.stack.app, self.stack.world))
        self._described = describe()

    def look_around(self) -> None:
        """Open every page there is as whoever may see it, and keep the forms on it."""
        for place in self.places:
            if place.method != "GET":
                continue
            for who in EVERYBODY:
                for turn in range(3 if place.choices else 1):
                    path = place.real(self._dice(place, who, turn), turn)
                    answer = self.ask(place, Ask("GET", path, who))
                    self._keep_forms(path, answer)

    def _keep_forms(self, path: str, answer: Answer) -> None:
        if answer.status != 200 or answer.headers.get("Content-Type", "")[:9] != "text/html":
            return
        for form in forms_of(answer.body, path):
            endpoint = self._endpoint(form)
            if form not in self.forms[endpoint]:
                self.forms[endpoint].append(form)

    def _endpoint(self, form: Form) -> str:
        adapter = self.stack.app.url_map.bind(HOST, url_scheme="https")
        try:
            return str(adapter.match(form.path, form.method)[0])
        except RequestRedirect:
            return ""
        except HTTPException as error:
            raise AssertionError(f"a form leads nowhere: {form.method} {form.path}") from error

    def ask_everywhere(self, turns: int) -> None:
        """Each place: once by everybody, then ``turns`` times by those who were let in."""
        for place in self.places:
            welcome = [who for who in EVERYBODY if self._once(place, who)]
            for turn in range(turns if place.method not in {"HEAD", "OPTIONS"} else 2):
                who = (welcome or EVERYBODY)[turn % len(welcome or EVERYBODY)]
                for ask, is_usual in self._asks(place, who, turn + 1):
                    self.ask(place, ask, counts=is_usual)

    def _once(self, place: Place, who: str) -> bool:
        """Whether one of the plain requests gets behind the door."""
        before = self.reached[str(place)]
        for turn in range(3 if place.choices or self.forms[place.endpoint] else 1):
            self.ask(place, self.plain(place, who, turn))
            if self.reached[str(place)] > before:
                return True
        return False

    def plain(self, place: Place, who: str, turn: int) -> Ask:
        """A request that means well."""
        dice = self._dice(place, who, -turn)
        return self._filled(place, who, place.real(dice, turn), dice, turn, odd=0)

    def _asks(self, place: Place, who: str, turn: int) -> Iterator[tuple[Ask, bool]]:
        """One request with an odd body, one with odd headers, one to an odd address; and for
        each whether it may count as having got there."""
        dice = self._dice(place, who, turn)
        path = place.real(dice, turn)
        yield self._filled(place, who, path, dice, turn, odd=dice.randrange(1, 4)), True
        plain = self._filled(place, who, place.real(dice, turn), dice, turn, odd=0)
        odd_headers = tuple((dict(plain.headers) | hostile.headers(dice)).items())
        body = plain.body if place.method in _READING or dice.random() < 0.6 else hostile.body(dice)
        yield replace(plain, headers=odd_headers, body=body), False
        if place.method not in _READING:
            yield self._bare(place, plain, turn), False
        if place.choices:
            path = place.hostile(dice)
            yield self._filled(place, who, path, dice, turn, odd=dice.randrange(2)), False

    def _bare(self, place: Place, plain: Ask, turn: int) -> Ask:
        """Nothing of what is asked for: a form without a field, or JSON of another kind."""
        if dict(plain.headers)["Content-Type"] == JSON:
            body = Body(JSON, (b"[]", b'"text"', b"{}", b"null", b"7")[turn % 5])
        else:
            body = bodies.simple_form({}, self._token(plain.who))
        headers = dict(plain.headers) | {"Content-Type": body.kind}
        return replace(plain, headers=tuple(headers.items()), body=body.data)

    def _filled(
        self, place: Place, who: str, path: str, dice: random.Random, turn: int, *, odd: int
    ) -> Ask:
        known = self.forms[place.endpoint]
        forms = [form for form in known if form.method == place.method]
        form = forms[turn % len(forms)] if forms else None
        if place.method in _READING:
            shown = (("Authorization", f"Bearer {METRICS}"),) if path == "/metrics" else ()
            return Ask(place.method, path, who, self._query(place, form, dice, odd), shown)
        if form is not None and not (odd and dice.random() < 0.2):
            path = form.path  # so that fields and address belong together
        body, headers = self._body(place, who, form, dice, odd)
        return Ask(
            place.method,
            path,
            who,
            form.query if form else "name=a.mp3",
            (("Content-Type", body.kind), ("X-CSRFToken", self._token(who)), *headers),
            body.data,
        )

    def _query(self, place: Place, form: Form | None, dice: random.Random, odd: int) -> str:
        fields = dict(_ASKED_WITH.get(place.rule, {}))
        if place.rule == "/checkout/done":
            fields["session"] = dice.choice(self.stack.world.values["checkout"])
        if not odd:
            return urlencode(fields)
        fields |= {name: hostile.piece(dice) for name in dice.sample(_QUERY_NAMES, odd)}
        if form is not None:
            fields |= {name: dice.choice(values) for name, values in form.fields if values}
        return urlencode({name: text[:4000] for name, text in fields.items()}, errors="replace")

    def _token(self, who: str) -> str:
        return self.stack.tokens.get(who, "")

    def _body(
        self, place: Place, who: str, form: Form | None, dice: random.Random, odd: int
    ) -> tuple[Body, tuple[tuple[str, str], ...]]:
        token = self._token(who)
        referer = (("Referer", f"https://{HOST}/"),)
        if place.endpoint == "stripe_webhook.stripe_webhook":
            body, mark = bodies.signed_notice(self.stack.webhook_secret, dice)
            return body, (("Stripe-Signature", mark),)
        if place.rule.startswith("/api/v1/"):
            return self._api_body(place, dice, odd), ()
        if place.method == "PUT":
            return Body(BYTES, b"ID3" + bytes(3000) if not odd else hostile.body(dice)), referer
        if place.endpoint in bodies.JSON_BY_SCRIPTS:
            return self._json_body(place, dice, odd), referer
        if place.endpoint == "studio_uploads.glance":
            return bodies.pieces_of_a_file(token), referer
        if form is None:
            fields = dict(bodies.SENT_BY_SCRIPTS.get(place.endpoint, {}))
            for name in dice.sample(sorted(fields), min(odd, len(fields))):
                fields[name] = hostile.piece(dice)
            return bodies.simple_form(fields, token), referer
        return bodies.filled(form, token, dice, odd), referer

    def _json_body(self, place: Place, dice: random.Random, odd: int) -> Body:
        sent = dict(bodies.JSON_BY_SCRIPTS[place.endpoint])
        for name in dice.sample(sorted(sent), min(odd, len(sent))):
            sent[name] = hostile.value_for_json(dice)
        return bodies.to_json(sent if odd < 3 else hostile.value_for_json(dice))

    def _api_body(self, place: Place, dice: random.Random, odd: int) -> Body:
        path = place.rule.removeprefix("/api/v1").replace("int:", "")
        path = path.replace("<", "{").replace(">", "}")
        told = self._described["paths"].get(path, {}).get(place.method.lower(), {})
        content = told.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return Body(BYTES, b"ID3" + bytes(900))
        schema = content["application/json"]["schema"]
        return bodies.as_described(schema, self._described["components"]["schemas"], dice, odd)

    def ask_nowhere(self, times: int) -> None:
        """Addresses that no rule knows, or nearly."""
        nowhere = Place("", "", "GET", ())
        dice = random.Random(f"{self.seed} nowhere")
        for turn in range(times):
            begin = dice.choice(self.places).rule.partition("<")[0]
            path = quote(begin + hostile.piece(dice)[:3000], safe="/%", errors="replace")
            query = quote(hostile.piece(dice)[:3000], safe="=&%", errors="replace")
            method = dice.choice(("GET", "HEAD", "POST", "PUT", "TRACE", "PROPFIND", "X"))
            headers = tuple(hostile.headers(dice).items())
            who = EVERYBODY[turn % len(EVERYBODY)]
            self.ask(
                nowhere, Ask(method, "/" + path.lstrip("/"), who, query, headers), counts=False
            )

    def unreached(self) -> set[str]:
        """The places from which nobody had an answer of their own."""
        return {str(place) for place in self.places if not self.reached[str(place)]}

    def ask(self, place: Place, ask: Ask, *, counts: bool = True) -> Answer:
        """Ask, judge, and take back what it did. ``counts``: whether it may have got there."""
        answer = self.stack.send(ask)
        self.asked += 1
        self.statuses[str(place)][answer.status] += 1
        if answer.status >= 500 and (place.rule, answer.status) not in MEANT:
            self.wrong.append(f"{place}: {answer.status} to {ask}")
        elif counts and _is_behind_the_door(answer):
            self.reached[str(place)] += 1
            if answer.status < 400:
                self.best.setdefault(str(place), ask)
        self.stack.rewind()
        return answer

    def _dice(self, place: Place, who: str, turn: int) -> random.Random:
        return random.Random(f"{self.seed} {place} {who} {turn}")


def _is_behind_the_door(answer: Answer) -> bool:
    """Neither unknown nor refused for who asks, or for how."""
    if answer.status in {401, 403, 404, 405}:
        return False
    to = answer.headers.get("Location", "").removeprefix(f"https://{HOST}").partition("?")[0]
    return to not in _DOORS and not (answer.status == 400 and b"open too long" in answer.body)
