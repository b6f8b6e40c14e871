"""The site map: every page is in this list."""

from __future__ import annotations

from flask import Blueprint

from podcast_server.pages.checkout.buy.views import blueprint as buy
from podcast_server.pages.checkout.donate.views import blueprint as donate
from podcast_server.pages.checkout.done.views import blueprint as done
from podcast_server.pages.checkout.gift.views import blueprint as gift
from podcast_server.pages.checkout.join.views import blueprint as join_plan
from podcast_server.pages.checkout.pay.views import blueprint as pay
from podcast_server.pages.checkout.seats.views import blueprint as seats
from podcast_server.pages.logo import blueprint as logo
from podcast_server.pages.look import blueprint as look
from podcast_server.pages.member.account.views import blueprint as account
from podcast_server.pages.member.add.views import blueprint as add
from podcast_server.pages.member.billing.inviting import blueprint as inviting
from podcast_server.pages.member.billing.views import blueprint as billing
from podcast_server.pages.member.join.views import blueprint as join
from podcast_server.pages.member.listen.views import blueprint as listen
from podcast_server.pages.member.mails.views import blueprint as mails
from podcast_server.pages.member.podcasts.views import blueprint as podcasts
from podcast_server.pages.member.renew.views import blueprint as renew
from podcast_server.pages.member.report.views import blueprint as report
from podcast_server.pages.member.sharing.views import blueprint as sharing
from podcast_server.pages.member.sign_in.views import blueprint as sign_in
from podcast_server.pages.public.artwork.views import blueprint as artwork
from podcast_server.pages.public.discovery.views import blueprint as discovery
from podcast_server.pages.public.embed.views import blueprint as embed
from podcast_server.pages.public.episode.views import blueprint as episode
from podcast_server.pages.public.home.views import blueprint as home
from podcast_server.pages.public.show.views import blueprint as show
from podcast_server.pages.studio.account.keys import blueprint as studio_keys
from podcast_server.pages.studio.account.views import blueprint as studio_account
from podcast_server.pages.studio.announcements.views import blueprint as studio_announcements
from podcast_server.pages.studio.archive.views import blueprint as studio_archive
from podcast_server.pages.studio.bring.views import blueprint as studio_bring
from podcast_server.pages.studio.calendar.views import blueprint as studio_calendar
from podcast_server.pages.studio.episode.chapter_pictures import (
    blueprint as studio_chapter_pictures,
)
from podcast_server.pages.studio.episode.cover import blueprint as studio_episode_cover
from podcast_server.pages.studio.episode.files import blueprint as studio_episode_files
from podcast_server.pages.studio.episode.transcripts import blueprint as studio_transcripts
from podcast_server.pages.studio.episode.versions import blueprint as studio_episode_versions
from podcast_server.pages.studio.episode.views import blueprint as studio_episode
from podcast_server.pages.studio.episodes.views import blueprint as studio_episodes
from podcast_server.pages.studio.health.views import blueprint as studio_health
from podcast_server.pages.studio.home.views import blueprint as studio_home
from podcast_server.pages.studio.join.views import blueprint as studio_join
from podcast_server.pages.studio.listen import blueprint as studio_listen
from podcast_server.pages.studio.member_import.acting import blueprint as studio_member_import_acts
from podcast_server.pages.studio.member_import.views import blueprint as studio_member_import
from podcast_server.pages.studio.members.discount import blueprint as studio_discount
from podcast_server.pages.studio.members.nudge import blueprint as studio_nudge
from podcast_server.pages.studio.members.one import blueprint as studio_member
from podcast_server.pages.studio.members.refund import blueprint as studio_refund
from podcast_server.pages.studio.members.views import blueprint as studio_members
from podcast_server.pages.studio.numbers.views import blueprint as studio_numbers
from podcast_server.pages.studio.passkeys.views import blueprint as studio_passkeys
from podcast_server.pages.studio.people.views import blueprint as studio_people
from podcast_server.pages.studio.plans.by_hand import blueprint as studio_payments
from podcast_server.pages.studio.plans.tiers import blueprint as studio_tiers
from podcast_server.pages.studio.plans.views import blueprint as studio_plans
from podcast_server.pages.studio.sales.coupons import blueprint as studio_coupons
from podcast_server.pages.studio.sales.events import blueprint as studio_payment_events
from podcast_server.pages.studio.sales.views import blueprint as studio_sales
from podcast_server.pages.studio.set_up.views import blueprint as studio_set_up
from podcast_server.pages.studio.sharing.views import blueprint as studio_sharing
from podcast_server.pages.studio.show.views import blueprint as studio_show
from podcast_server.pages.studio.sign_in.views import blueprint as studio_sign_in
from podcast_server.pages.studio.site.address import blueprint as studio_site_address
from podcast_server.pages.studio.site.backup_page import blueprint as studio_site_backups
from podcast_server.pages.studio.site.logo import blueprint as studio_site_logo
from podcast_server.pages.studio.site.mail import blueprint as studio_site_mail
from podcast_server.pages.studio.site.payments import blueprint as studio_site_payments
from podcast_server.pages.studio.site.storage import blueprint as studio_site_storage
from podcast_server.pages.studio.site.views import blueprint as studio_site
from podcast_server.pages.studio.status.views import blueprint as studio_status
from podcast_server.pages.studio.uploads.views import blueprint as studio_uploads

PAGES: tuple[Blueprint, ...] = (
    logo,  # /logo/<hash>.png
    look,  # /look/<colour>.css
    home,  # /
    show,  # /shows/<slug>
    episode,  # /shows/<slug>/<key>, …/transcript
    embed,  # /embed/<key>, /oembed
    artwork,  # /covers/<width>/…
    discovery,  # /robots.txt, /sitemap.xml
    sign_in,  # /sign-in, /sign-in/<token>, /sign-out
    join,  # /shows/<slug>/join
    podcasts,  # /me, /me/feeds/<id>/reset
    listen,  # /me/listen, /me/listen/<key>
    add,  # /me/feeds/<id>, /hand-over/<token>
    sharing,  # /me/feeds/<id>/sharing
    mails,  # /me/mails, /unsubscribe/<token>
    account,  # /me/account
    billing,  # /me/billing
    inviting,  # /me/billing/groups/<id>/invite
    join_plan,  # /join/<plan>
    gift,  # /give/<plan>, /gift
    seats,  # /group/<plan>, /seats/<invitation>
    donate,  # /shows/<slug>/donate
    buy,  # /buy/<collection>
    pay,  # /pay/<reference>
    done,  # /checkout/done
    renew,  # /m/<media token>/renew
    report,  # /report/<report token>
    studio_home,  # /studio
    studio_set_up,  # /studio/set-up
    studio_sign_in,  # /studio/sign-in, /studio/sign-out
    studio_account,  # /studio/account
    studio_keys,  # /studio/account/keys
    studio_passkeys,  # /studio/account/passkeys, /studio/sign-in/passkey
    studio_join,  # /studio/join/<token>
    studio_people,  # /studio/people, /studio/people/log
    studio_status,  # /studio/status, /studio/status/outbox
    studio_site,  # /studio/site
    studio_site_address,  # /studio/site/address
    studio_site_backups,  # /studio/site/backups
    studio_site_logo,  # /studio/site/logo
    studio_site_mail,  # /studio/site/mail
    studio_site_payments,  # /studio/site/payments
    studio_site_storage,  # /studio/site/storage
    studio_archive,  # /studio/archive
    studio_show,  # /studio/shows/new, /studio/shows/<slug>/settings, …/artwork
    studio_bring,  # /studio/bring
    studio_announcements,  # /studio/shows/<slug>/announcements
    studio_episodes,  # /studio/shows/<slug>
    studio_calendar,  # /studio/shows/<slug>/calendar
    studio_health,  # /studio/shows/<slug>/health
    studio_uploads,  # /studio/shows/<slug>/uploads
    studio_episode,  # /studio/shows/<slug>/episodes/<key>
    studio_episode_files,  # …/preview
    studio_episode_cover,  # …/cover
    studio_transcripts,  # …/transcript
    studio_chapter_pictures,  # …/picture, …/chapter-picture
    studio_episode_versions,  # …/versions/<id>
    studio_listen,  # …/audio
    studio_numbers,  # /studio/shows/<slug>/numbers
    studio_plans,  # /studio/shows/<slug>/plans
    studio_tiers,  # /studio/shows/<slug>/plans/tiers
    studio_payments,  # /studio/payments
    studio_payment_events,  # /studio/payments/events
    studio_sales,  # /studio/shows/<slug>/sales, …/donations
    studio_coupons,  # /studio/coupons
    studio_members,  # /studio/shows/<slug>/members
    studio_member_import,  # /studio/shows/<slug>/members/import
    studio_member_import_acts,  # …/import/<number>/apply, …/invite, …/undo
    studio_nudge,  # /studio/shows/<slug>/members/nudge
    studio_member,  # /studio/shows/<slug>/members/<id>
    studio_sharing,  # /studio/shows/<slug>/sharing
    studio_discount,  # …/discount
    studio_refund,  # …/payments/<id>/refund
)
