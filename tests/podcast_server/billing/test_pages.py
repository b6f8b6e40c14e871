"""The listener's pages about money, through the whole application and Stripe's stand-in."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from episodes.models import Show
from episodes.shows import ensure_tier
from podcast_server.billing.changes import refund_payment
from podcast_server.billing.doubles import undo_doubles
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.models import Checkout, Gift, Payment, Plan, SeatGroup, Subscription
from podcast_server.billing.plans import PriceTerms
from podcast_server.services import Services
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, MONTH, YEAR, Shop, eur
from tests.podcast_server.billing.test_single_sales import collect, episode
from tests.podcast_server.conftest import Browser, Letters

BOB = "bob@example.org"


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


@pytest.fixture
def browser(post: Post) -> Browser:
    return Browser(post.app)


class Visitor(Browser):
    """A browser whose person pays at Stripe's page when sent there."""

    def __init__(self, post: Post) -> None:
        super().__init__(post.app)
        self._post = post

    def order(self, path: str, **fields: str) -> str:
        """Fill in the form; returns Stripe's id of the checkout it led to."""
        page = self.get(path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.text
        data = {"csrf_token": found[1], **fields}
        answer = self.client.post(path, data=data)
        assert answer.status_code == 303, answer.text
        assert answer.location.startswith(self._post.account.url), answer.location
        return answer.location.rsplit("/", 1)[1].split("#")[0]

    def pay(self, path: str, **fields: str) -> TestResponse:
        """Order, pay and come back."""
        ref = self.order(path, **fields)
        self._post.account.control.pay_session(ref)
        return self.get(f"/checkout/done?session={ref}")


@pytest.fixture
def visitor(post: Post) -> Visitor:
    return Visitor(post)


def test_the_shows_page_offers_its_plans(shop: Shop, browser: Browser) -> None:
    plan = shop.plan(PriceTerms(eur(500), MONTH), PriceTerms(eur(5000), YEAR))
    page = browser.get(f"/shows/{shop.show.slug}")
    assert "€5" in page.text
    assert "a year" in page.text
    assert f"/join/{plan.key}" in page.text


@pytest.mark.thorough
def test_from_plan_to_feed_with_the_address_asked_once(shop: Shop, visitor: Visitor) -> None:
    plan = shop.plan()
    page = visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert shop.hears()
    assert page.request.path.startswith("/hand-over/")
    assert "/f/pf" in page.text


def test_with_several_shows_each_has_its_feed(shop: Shop, visitor: Visitor) -> None:
    from tests.builders import build_show

    with shop.session() as session:
        other = build_show(session, shop.now, title="Second Show")
    plan = shop.plan(opens=[(shop.show, None), (other, None)])
    page = visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert page.text.count("/hand-over/") == 2
    assert "Second Show" in page.text


@pytest.mark.thorough
def test_a_known_address_gets_its_feed_by_mail_and_not_on_the_page(
    post: Post, shop: Shop, visitor: Visitor
) -> None:
    """Whoever types somebody else's address must not see their feed, even for money."""
    plan = shop.plan()
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    post.account.control.cancel_subscription(shop.subscription().ref)
    post.deliver()
    stranger = Visitor(post)
    page = stranger.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert "/f/pf" not in page.text
    assert "/hand-over/" not in page.text
    assert "A mail is on its way" in page.text
    assert shop.hears()


def test_signed_in_one_is_not_asked_for_the_address(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    with shop.session() as session:
        from tests.builders import build_member

        build_member(session, shop.now, BOB)
    visitor.sign_in(letters, BOB)
    plan = shop.plan()
    assert 'name="email"' not in visitor.get(f"/join/{plan.key}").text
    page = visitor.pay(f"/join/{plan.key}", price=plan.prices[0].key)
    assert page.request.path.startswith("/me/feeds/")
    assert shop.hears(BOB)


def test_a_member_is_not_sold_their_plan_again(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    visitor.sign_in(letters, EMAIL)
    assert "You have this membership already" in visitor.get(f"/join/{plan.key}").text


def test_a_second_membership_by_mistake_is_undone_and_paid_back(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    first = shop.subscription()
    shop.clock.advance(days=5)
    Visitor(post).pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert undo_doubles(shop.till, shop.now) == 1
    assert undo_doubles(shop.till, shop.now) == 0
    second = shop.subscription()
    assert (second.status, second.id != first.id) == ("ended", True)
    assert shop.hears()
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    kinds = [letter.kind for letter in letters.all()]
    assert kinds.count("doubled") == 1
    assert kinds.count("ended") == 0


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "x" * 400 + "@example.org"])
def test_a_bad_address_is_said_beside_the_field(shop: Shop, browser: Browser, email: str) -> None:
    plan = shop.plan()
    page = browser.post(f"/join/{plan.key}", email=email, price=plan.prices[0].key)
    assert page.request.path == f"/join/{plan.key}"
    assert "field-error" in page.text


def test_a_tampered_price_is_refused(shop: Shop, browser: Browser) -> None:
    plan = shop.plan()
    other = shop.plan(PriceTerms(eur(100), MONTH), name="Cheap")
    for key in (other.prices[0].key, "x", ""):
        page = browser.post(f"/join/{plan.key}", email=EMAIL, price=key)
        assert page.request.path == f"/join/{plan.key}"
    with shop.session() as session:
        prices = {row.price_id for row in session.query(Checkout)}
    assert prices <= {plan.prices[0].id}


def test_too_small_an_amount_is_refused_in_words(shop: Shop, browser: Browser) -> None:
    plan = shop.plan(PriceTerms(eur(800), MONTH, minimum=eur(300)))
    for amount in ("2.99", "-5", "0", "1e9", "99999999999"):
        page = browser.post(
            f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key, amount=amount
        )
        assert "This amount cannot be taken" in page.text


def test_a_chosen_amount_is_what_stripe_asks(post: Post, shop: Shop, visitor: Visitor) -> None:
    plan = shop.plan(PriceTerms(eur(800), MONTH, minimum=eur(300)))
    ref = visitor.order(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key, amount="12,50")
    assert post.account.control.get(ref)["amount_total"] == 1250


def test_when_stripe_is_down_the_page_says_that_nothing_was_charged(
    post: Post, shop: Shop, browser: Browser
) -> None:
    plan = shop.plan()
    post.account.control.fail_requests(count=100, status=503)
    page = browser.post(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert "Nothing was charged" in page.text


def test_a_plan_that_is_full_says_so(shop: Shop, browser: Browser, visitor: Visitor) -> None:
    plan = shop.plan(places=1)
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert "Nobody can join at the moment" in browser.get(f"/join/{plan.key}").text


@pytest.mark.parametrize(
    "path",
    [
        "/join/nothing",
        "/join/%00",
        "/give/nothing",
        "/group/nothing",
        "/seats/nothing",
        "/buy/nothing",
        "/pay/NOTHING",
        "/pay/%2e%2e",
        "/shows/nothing/donate",
        "/checkout/done",
        "/checkout/done?session=cs_test_unknown",
    ],
)
def test_unknown_addresses_are_not_found(shop: Shop, browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_somebody_elses_return_page_is_not_found(post: Post, shop: Shop, visitor: Visitor) -> None:
    plan = shop.plan()
    ref = visitor.order(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    post.account.control.pay_session(ref)
    assert Visitor(post).get(f"/checkout/done?session={ref}").status_code == 404


def test_before_paying_the_return_page_waits_and_comes_back_by_itself(
    shop: Shop, visitor: Visitor
) -> None:
    plan = shop.plan()
    ref = visitor.order(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    page = visitor.get(f"/checkout/done?session={ref}")
    assert "One moment" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert "refresh" not in visitor.get(f"/checkout/done?session={ref}&tries=10").text


def test_a_bank_debit_says_that_it_takes_a_few_days(
    post: Post, shop: Shop, visitor: Visitor
) -> None:
    from podcast_server.billing.money import Money

    plan = shop.plan(PriceTerms(Money(500, "usd"), MONTH))
    ref = visitor.order(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    post.account.control.pay_session(ref, account="000123456789")
    assert "on its way" in visitor.get(f"/checkout/done?session={ref}").text
    assert not shop.hears()


# my payments


def joined(shop: Shop, visitor: Visitor, letters: Letters, plan: Plan | None = None) -> str:
    """Ada is a member and signed in; returns the key of her subscription."""
    plan = plan or shop.plan()
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    visitor.sign_in(letters, EMAIL)
    return shop.subscription().key


def test_my_payments_say_what_i_pay_and_when(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    joined(shop, visitor, letters)
    page = visitor.get("/me/billing")
    assert "€5 a month" in page.text
    assert "Next payment on July 1, 2026." in page.text


def test_my_payments_list_each_payment_and_what_came_back(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    joined(shop, visitor, letters)
    assert "€5</strong>" in visitor.get("/me/billing").text.split('id="paid"')[1]
    with shop.session() as session:
        [payment] = session.query(Payment).all()
    refund_payment(shop.till, payment, eur(150), closes=False, by="owner", now=shop.now)
    assert "€1.50 given back" in visitor.get("/me/billing").text


@pytest.mark.thorough
def test_cancelling_says_the_date_and_can_be_taken_back(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    page = visitor.post("/me/billing", f"/me/billing/{key}/cancel")
    assert "You hear everything until July 1, 2026." in page.text
    page = visitor.post("/me/billing", f"/me/billing/{key}/resume")
    assert "Next payment on July 1, 2026." in page.text
    assert shop.hears()


def test_changing_the_plan_opens_the_other_tier(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    with shop.session() as session:
        gold = ensure_tier(session, session.get_one(Show, shop.show.id), "Gold")
    upper = shop.plan(PriceTerms(eur(1500), MONTH), name="Gold", opens=[(shop.show, gold)])
    key = joined(shop, visitor, letters)
    page = visitor.post("/me/billing", f"/me/billing/{key}/change", price=upper.prices[0].key)
    assert "The difference was billed" in page.text
    assert shop.entitlement().scopes == (("tier", gold.id),)


def test_the_card_is_changed_on_stripes_page(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    page = visitor.get("/me/billing")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = visitor.client.post(
        f"/me/billing/{key}/portal", data={"csrf_token": token[1], "task": "card"}
    )
    assert answer.location.startswith(post.account.url)
    policy = visitor.get("/me/billing").headers["Content-Security-Policy"]
    assert "form-action" in policy


def test_nobody_reaches_the_payments_of_another(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    with shop.session() as session:
        from tests.builders import build_member

        build_member(session, shop.now, BOB)
    mallory = Visitor(post)
    mallory.sign_in(letters, BOB)
    for action in ("cancel", "resume", "change", "seats", "portal"):
        page = mallory.post("/me/account", f"/me/billing/{key}/{action}", price="x", seats="2")
        assert page.status_code == 404, action
    assert shop.subscription().cancel_at is None


def test_strangers_are_sent_to_sign_in(shop: Shop, browser: Browser) -> None:
    assert browser.get("/me/billing").request.path == "/sign-in"


def test_no_payment_form_works_without_its_token(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    assert visitor.client.post(f"/me/billing/{key}/cancel").status_code == 400
    plan = shop.plan(name="Other")
    answer = post.app.test_client().post(f"/join/{plan.key}", data={"email": EMAIL})
    assert answer.status_code in {200, 400}
    with shop.session() as session:
        assert session.query(Checkout).count() == 1


def test_an_account_that_still_pays_is_not_deleted(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    page = visitor.post("/me/account/delete", sure="y")
    assert "You still pay for a membership" in page.text
    visitor.post("/me/billing", f"/me/billing/{key}/cancel")
    visitor.post("/me/account/delete", sure="y")
    with shop.session() as session:
        assert EMAIL not in str([row.email for row in session.query(Checkout)])
    assert shop.member() is None


def test_after_deletion_nothing_comes_back_with_the_next_look_into_the_books(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    from podcast_server.billing.reconcile import reconcile

    key = joined(shop, visitor, letters)
    visitor.post("/me/billing", f"/me/billing/{key}/cancel")
    visitor.post("/me/account/delete", sure="y")
    assert reconcile(shop.till, shop.now).repaired == []


# gifts, groups, donations, single sales


def test_a_gift_is_bought_printed_and_redeemed_by_mail(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    page = visitor.pay(
        f"/give/{plan.key}",
        email=EMAIL,
        length=f"{plan.prices[0].key}:3",
        recipient_name="Bob",
        message="Happy birthday",
    )
    found = re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", page.text)
    assert found
    friend = Visitor(post)
    answer = friend.post("/gift", code=found[0].lower(), email=BOB)
    assert answer.request.path == "/sign-in/check"
    page = friend.post(letters.link())
    assert page.request.path.startswith("/me/feeds/")
    assert shop.hears(BOB)
    assert not shop.hears(EMAIL)


def test_a_gift_is_mailed_to_its_recipient(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(
        f"/give/{plan.key}",
        email=EMAIL,
        length=f"{plan.prices[0].key}:1",
        recipient_email=BOB,
        message="For you",
    )
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    sent = {letter.kind: letter for letter in letters.all()}
    assert sent["gift"].recipient == BOB
    assert "For you" in sent["gift"].text
    assert sent["gift_bought"].recipient == EMAIL
    assert len(letters.all()) == 2


def test_a_wrong_code_is_said_beside_the_field(shop: Shop, browser: Browser) -> None:
    page = browser.post("/gift", code="AAAA-AAAA-AAAA-AAAA", email=BOB)
    assert "not known, or was used before" in page.text


def test_the_second_who_brings_a_code_is_told(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    page = visitor.pay(f"/give/{plan.key}", email=EMAIL, length=f"{plan.prices[0].key}:1")
    code = re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", page.text)
    assert code
    one, two = Visitor(post), Visitor(post)
    one.post("/gift", code=code[0], email=BOB)
    first = letters.link()
    two.post("/gift", code=code[0], email="carol@example.org")
    second = letters.link()
    one.post(first)
    page = two.post(second)
    assert "was used before" in page.text
    assert not shop.hears("carol@example.org")


def test_a_seat_is_offered_by_mail_and_taken(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/group/{plan.key}", email=EMAIL, price=plan.prices[0].key, seats="2")
    visitor.sign_in(letters, EMAIL)
    path = f"/me/billing/groups/{_group_id(shop)}/invite"
    assert "not an e-mail address" in visitor.post("/me/billing", path, email="nonsense").text
    assert "on its way" in visitor.post("/me/billing", path, email=BOB).text
    mail = letters.newest()
    assert mail.recipient == BOB
    assert mail.kind.startswith("seat_invitation")
    friend = Visitor(post)
    friend.post(letters.link(), email=BOB)
    friend.post(letters.link())
    assert shop.hears(BOB)


@pytest.mark.thorough
def test_invitations_are_not_for_mailing_the_world_nor_for_others_groups(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/group/{plan.key}", email=EMAIL, price=plan.prices[0].key, seats="2")
    visitor.sign_in(letters, EMAIL)
    path = f"/me/billing/groups/{_group_id(shop)}/invite"
    for number in range(7):
        visitor.post("/me/billing", path, email=f"friend{number}@example.org")
    page = visitor.post("/me/billing", path, email="eighth@example.org")
    assert "Share the link instead" in page.text
    assert letters.newest().recipient == "friend6@example.org"
    mallory = Visitor(post)
    other = shop.plan(name="Other")
    mallory.pay(f"/join/{other.key}", email=BOB, price=other.prices[0].key)
    mallory.sign_in(letters, BOB)
    assert mallory.post("/me/account", path, email="x@example.org").status_code == 404


def _group_id(shop: Shop) -> int:
    with shop.session() as session:
        return session.query(SeatGroup).one().id


def test_the_lengths_of_a_gift_are_written_as_the_french_write(
    shop: Shop, browser: Browser
) -> None:
    monthly = shop.plan(PriceTerms(eur(500), MONTH))
    assert "12 mois\N{NO-BREAK SPACE}: 60" in browser.get(f"/give/{monthly.key}?lang=fr").text


def test_twelve_months_are_not_offered_beside_a_year(shop: Shop, browser: Browser) -> None:
    monthly = shop.plan(PriceTerms(eur(500), MONTH))
    assert "12 months: €60" in browser.get(f"/give/{monthly.key}").text
    both = shop.plan(PriceTerms(eur(500), MONTH), PriceTerms(eur(5000), YEAR), name="Both")
    page = browser.get(f"/give/{both.key}").text
    assert "1 year: €50" in page
    assert "12 months" not in page


def test_whoever_gives_reads_what_their_address_is_for(shop: Shop, browser: Browser) -> None:
    plan = shop.plan()
    feed = "Your feed belongs to this address."
    assert feed in browser.get(f"/join/{plan.key}").text
    for path in (f"/give/{plan.key}", f"/group/{plan.key}", f"/shows/{shop.show.slug}/donate"):
        assert feed not in browser.get(path).text, path


def test_a_number_of_seats_that_is_none_is_told_in_plain_words(
    shop: Shop, visitor: Visitor
) -> None:
    plan = shop.plan()
    visitor.get(f"/group/{plan.key}")
    answer = visitor.post(f"/group/{plan.key}", seats="many")
    assert "Type a whole number." in answer.text
    assert "integer" not in answer.text


def test_a_group_is_bought_and_its_link_seats_people(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    page = visitor.pay(
        f"/group/{plan.key}", email=EMAIL, price=plan.prices[0].key, seats="2", name="Crew"
    )
    with shop.session() as session:
        link = f"/seats/{session.query(SeatGroup).one().invite_key}"
    assert link in page.text
    friend = Visitor(post)
    assert "Crew pays for Supporter" in friend.get(link).text
    friend.post(link, email=BOB)
    page = friend.post(letters.link())
    assert page.request.path.startswith("/me/feeds/")
    assert shop.hears(BOB)
    visitor.sign_in(letters, EMAIL)
    page = visitor.get("/me/billing")
    assert BOB in page.text
    free = re.search(r"/me/billing/groups/\d+/seats/\d+/free", page.text)
    assert free
    visitor.post("/me/billing", free[0])
    assert not shop.hears(BOB)


def test_a_seat_is_not_given_to_somebody_without_an_address(
    post: Post, shop: Shop, visitor: Visitor
) -> None:
    plan = shop.plan()
    visitor.pay(f"/group/{plan.key}", email=EMAIL, price=plan.prices[0].key, seats="2")
    with shop.session() as session:
        link = f"/seats/{session.query(SeatGroup).one().invite_key}"
    page = Visitor(post).post(link)
    assert page.status_code == 200
    assert "does not look like" in page.text


def test_a_seat_is_freed_by_its_payer_alone(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/group/{plan.key}", email=EMAIL, price=plan.prices[0].key, seats="2")
    with shop.session() as session:
        group = session.query(SeatGroup).one()
    friend = Visitor(post)
    friend.post(f"/seats/{group.invite_key}", email=BOB)
    friend.post(letters.link())
    for path in ("invitation", "seats/1/free"):
        page = friend.post("/me/account", f"/me/billing/groups/{group.id}/{path}")
        assert page.status_code == 404
    assert shop.hears(BOB)


def test_a_donation_thanks_and_shows_who_wishes_it(shop: Shop, visitor: Visitor) -> None:
    path = f"/shows/{shop.show.slug}/donate"
    page = visitor.pay(
        path, email=EMAIL, amount="10", name="Ada", message="Ahoy <b>you</b>", wants_thanks="y"
    )
    assert "Thank you" in page.text
    page = visitor.get(path)
    assert "Ahoy &lt;b&gt;you&lt;/b&gt;" in page.text


def test_one_episode_is_bought_by_a_stranger(shop: Shop, visitor: Visitor) -> None:
    made = collect(shop, episode(shop, title="The Storm"))
    assert "The Storm" in visitor.get(f"/buy/{made.slug}").text
    page = visitor.pay(f"/buy/{made.slug}", email=EMAIL)
    assert page.request.path.startswith("/hand-over/")
    assert shop.entitlement().scopes[0][0] == "episode"


# mails


def kinds(letters: Letters) -> list[str]:
    return [letter.kind for letter in letters.all() if letter.kind != "sign_in"]


@pytest.mark.thorough
def test_the_letters_follow_a_membership_from_trial_to_end(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan(trial_days=14)
    visitor.pay(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)

    def write() -> None:
        post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
        post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)

    write()
    assert kinds(letters) == ["welcome"]
    post.let_time_pass(days=12)
    write()
    assert kinds(letters)[1:] == ["trial_ends"]
    assert "€5.00" in letters.newest().text
    post.let_time_pass(days=3)
    post.account.control.fail_next_renewal(shop.subscription().ref)
    post.let_time_pass(days=31)
    write()
    assert kinds(letters)[2:] == ["payment_failed"]
    for _ in range(4):
        post.let_time_pass(days=7)
        write()
    assert kinds(letters)[3:] == ["ended"]


def test_a_cancelled_membership_says_when_it_ends_soon(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    key = joined(shop, visitor, letters)
    visitor.post("/me/billing", f"/me/billing/{key}/cancel")
    post.let_time_pass(days=28)
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    assert kinds(letters)[-1] == "ending"
    assert "July 1, 2026" in letters.newest().subject


@pytest.mark.thorough
def test_where_stripe_writes_itself_we_do_not(
    post: Post, shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    joined(shop, visitor, letters)
    post.account.control.fail_next_renewal(shop.subscription().ref)
    post.let_time_pass(days=31)
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=False)
    assert "payment_failed" not in kinds(letters)


# by hand


def test_by_hand_the_page_says_where_the_money_goes(
    services: Services, shop: Shop, letters: Letters, post: Post
) -> None:
    from dataclasses import replace

    from podcast_server.app import create_app
    from podcast_server.settings import PaymentSettings

    till = replace(shop.till, selling=shop.till.providers["manual"])
    instructions = PaymentSettings(instructions="Harbour Bank, DE12 3456")
    settings = services.settings.model_copy(update={"payments": instructions})
    changed = replace(services, till=till, settings=settings)
    lane = None
    app = create_app(changed, lane, lambda: shop.now)  # type: ignore[arg-type]
    app.config["POSTMAN"] = post.app.config["POSTMAN"]
    browser = Browser(app)
    plan = shop.plan()
    page = browser.post(f"/join/{plan.key}", email=EMAIL, price=plan.prices[0].key)
    assert urlsplit(page.request.path).path.startswith("/pay/")
    assert "Harbour Bank" in page.text
    assert "€5" in page.text


def test_the_codes_of_gifts_are_shown_again_under_my_payments(
    shop: Shop, visitor: Visitor, letters: Letters
) -> None:
    plan = shop.plan()
    visitor.pay(f"/give/{plan.key}", email=EMAIL, length=f"{plan.prices[0].key}:1")
    visitor.sign_in(letters, EMAIL)
    assert re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", visitor.get("/me/billing").text)
    with shop.session() as session:
        assert session.query(Gift).count() == 1
        assert session.query(Subscription).count() == 0
