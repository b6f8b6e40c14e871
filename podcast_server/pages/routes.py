"""The site map: every page is in this list."""

from __future__ import annotations

from flask import Blueprint

from podcast_server.pages.member.account.views import blueprint as account
from podcast_server.pages.member.add.views import blueprint as add
from podcast_server.pages.member.join.views import blueprint as join
from podcast_server.pages.member.podcasts.views import blueprint as podcasts
from podcast_server.pages.member.renew.views import blueprint as renew
from podcast_server.pages.member.sign_in.views import blueprint as sign_in
from podcast_server.pages.public.artwork.views import blueprint as artwork
from podcast_server.pages.public.discovery.views import blueprint as discovery
from podcast_server.pages.public.embed.views import blueprint as embed
from podcast_server.pages.public.episode.views import blueprint as episode
from podcast_server.pages.public.home.views import blueprint as home
from podcast_server.pages.public.show.views import blueprint as show

PAGES: tuple[Blueprint, ...] = (
    home,  # /
    show,  # /shows/<slug>
    episode,  # /shows/<slug>/<key>, …/transcript
    embed,  # /embed/<key>, /oembed
    artwork,  # /covers/<width>/…
    discovery,  # /robots.txt, /sitemap.xml
    sign_in,  # /sign-in, /sign-in/<token>, /sign-out
    join,  # /shows/<slug>/join
    podcasts,  # /me, /me/feeds/<id>/reset
    add,  # /me/feeds/<id>, /hand-over/<token>
    account,  # /me/account
    renew,  # /m/<media token>/renew
)
