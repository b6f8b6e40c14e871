"""One function for each host: base address → Sample. All tell of the same three episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

NAMESPACES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "psc": "http://podlove.org/simple-chapters",
    "acast": "https://schema.acast.com/1.0/",
    "media": "http://search.yahoo.com/mrss/",
    "rawvoice": "https://blubrry.com/developer/rawvoice-rss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
DATES = (
    "Mon, 04 Mar 2024 05:00:00 +0000",
    "Mon, 26 Feb 2024 05:00:00 GMT",
    "Mon, 19 Feb 2024 00:00:00 -0500",
)
TITLES = ("The Storm", "Ropes &amp; Knots", "Leaving Harbour")
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nAhoy there.\n"
CHAPTERS = (
    '{"version":"1.2.0","chapters":[{"startTime":0,"title":"Ahoy"},{"startTime":1,"title":"Sea"}]}'
)


@dataclass
class Sample:
    """A feed, the guids that must survive, and what else lies at the host."""

    xml: str
    guids: tuple[str, ...]
    audio: tuple[str, ...]  # paths, newest first
    mime: str = "application/rss+xml"
    podcast_guid: str = ""
    chapters: int = 0  # of the newest episode
    transcripts: int = 0
    persons: int = 0
    path: str = "/feed.xml"
    login: str = ""
    others: dict[str, tuple[str, str]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"


def rss(
    channel: str, *prefixes: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>'
) -> str:
    spaces = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
    return (
        f'{declaration}\n<rss version="2.0" {spaces}>\n<channel>\n{channel}\n</channel>\n</rss>\n'
    )


def head(base: str, generator: str, more: str = "") -> str:
    return f"""<title>Harbour Notes</title>
<link>{base}/show</link>
<description><![CDATA[<p>Stories from the <b>quay</b>.</p>]]></description>
<language>en-us</language>
<copyright>© 2024 Ada Quay</copyright>
<itunes:author>Ada Quay</itunes:author>
<itunes:owner><itunes:name>Ada Quay</itunes:name><itunes:email>ada@example.org</itunes:email></itunes:owner>
<itunes:image href="{base}/cover.jpg"/>
<itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>
<itunes:explicit>false</itunes:explicit>
<itunes:type>episodic</itunes:type>
<generator>{generator}</generator>
{more}"""


def items(
    base: str,
    guids: tuple[str, ...],
    audio: tuple[str, ...],
    *,
    permalink: str = "false",
    length: Callable[[int], str] = lambda n: str(1000 + n),
    more: Callable[[int], str] = lambda n: "",
    notes: Callable[[int], str] = lambda n: (
        f'<description><![CDATA[<p>About number {n}. <a href="https://example.org/{n}">More</a></p>]]></description>'
    ),
) -> str:
    parts = []
    for n in range(3):
        parts.append(f"""<item>
<title>{TITLES[n]}</title>
<guid isPermaLink="{permalink}">{guids[n]}</guid>
<pubDate>{DATES[n]}</pubDate>
{notes(n)}
<enclosure url="{audio[n] if audio[n].startswith("http") else base + audio[n]}" length="{length(n)}" type="audio/mpeg"/>
<itunes:duration>00:00:03</itunes:duration>
{more(n)}
</item>""")
    return "\n".join(parts)


def libsyn(base: str) -> Sample:
    guids = (
        "0c1f7e9d0b5b4e0f8d7b6a5c4d3e2f1a",
        "1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a",
        "2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b",
    )
    audio = (
        "/secure/harbour/storm.mp3",
        "/secure/harbour/ropes.mp3",
        "/secure/harbour/leaving.mp3",
    )
    more = "<itunes:keywords>sea,boats</itunes:keywords><itunes:episodeType>full</itunes:episodeType><itunes:season>1</itunes:season>"
    asked = tuple(f"{path}?dest-id=4711" for path in audio)
    xml = rss(
        head(
            base,
            "Libsyn WebEngine 2.0",
            f'<atom:link href="{base}/feed.xml" rel="self" type="application/rss+xml"/><image><url>{base}/cover.jpg</url><title>x</title><link>{base}</link></image>',
        )
        + items(
            base, guids, asked, more=lambda n: more + f"<itunes:episode>{3 - n}</itunes:episode>"
        ),
        "itunes",
        "content",
        "atom",
    )
    return Sample(xml, guids, audio)


def buzzsprout(base: str) -> Sample:
    guids = ("Buzzsprout-14600003", "Buzzsprout-14600002", "Buzzsprout-14600001")
    audio = ("/14600003-the-storm.mp3", "/14600002-ropes.mp3", "/14600001-leaving.mp3")

    def more(n: int) -> str:
        transcripts = "".join(
            f'<podcast:transcript url="{base}/1460000{3 - n}/transcript{end}" type="{kind}"/>'
            for end, kind in (
                ("", "text/html"),
                (".srt", "application/x-subrip"),
                (".json", "application/json"),
                (".vtt", "text/vtt"),
            )
        )
        return (
            transcripts
            + f"""<podcast:chapters url="{base}/1460000{3 - n}/chapters.json" type="application/json"/>
<podcast:soundbite startTime="1.0" duration="2.0"/><psc:chapters><psc:chapter start="00:00:00" title="One"/></psc:chapters>
<podcast:person role="guest" href="https://example.org/bo" img="https://example.org/bo.jpg">Bo Quay</podcast:person>"""
        )

    others = {}
    for n in (1, 2, 3):
        others[f"/1460000{n}/transcript.vtt"] = ("text/vtt", VTT)
        others[f"/1460000{n}/chapters.json"] = ("application/json", CHAPTERS)
    guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    xml = rss(
        head(
            base,
            "Buzzsprout (https://www.buzzsprout.com)",
            f'<podcast:locked>no</podcast:locked><podcast:guid>{guid}</podcast:guid><podcast:person role="host">Ada Quay</podcast:person>',
        )
        + items(base, guids, audio, more=more),
        "itunes",
        "podcast",
        "psc",
        "atom",
    )
    return Sample(
        xml, guids, audio, podcast_guid=guid, chapters=2, transcripts=1, persons=1, others=others
    )


def podbean(base: str) -> Sample:
    guids = tuple(f"harbour.podbean.com/{n}f0e1d2c-3b4a-5968-7786-95a4b3c2d1e{n}" for n in range(3))
    audio = tuple(f"/mf/web/{n}abc/storm_{n}.mp3" for n in range(3))
    xml = rss(
        head(
            base,
            "https://podbean.com/?v=5.5",
            "<itunes:summary>Stories</itunes:summary><podcast:locked>no</podcast:locked><pubDate>Mon, 04 Mar 2024 05:00:00 +0000</pubDate>",
        )
        + items(
            base,
            guids,
            audio,
            notes=lambda n: (
                f"<description><![CDATA[<p>About number {n}</p>]]></description><content:encoded><![CDATA[<p>About number {n}, at <em>length</em></p>]]></content:encoded>"
            ),
            more=lambda n: (
                f"<itunes:title>x</itunes:title><itunes:episode>{n}</itunes:episode><comments>{base}/e/#comments</comments>"
            ),
        ),
        "itunes",
        "content",
        "podcast",
        "atom",
    )
    return Sample(xml, guids, audio)


def anchor(base: str) -> Sample:
    """Spotify for Podcasters: the enclosure's address has another address folded into it."""
    guids = tuple(f"{n}b1c2d3e-4f50-4617-8a9b-0c1d2e3f4a5b" for n in range(3))
    audio = tuple(
        f"/s/1a2b/podcast/play/{n}/https%3A%2F%2Fd3ctx.example.net%2Fstaging%2F2024-2-4%2F{n}-44100-2.mp3"
        for n in range(3)
    )
    xml = rss(
        head(base, "Anchor Podcasts", "<dc:creator><![CDATA[Ada Quay]]></dc:creator>")
        + items(
            base,
            guids,
            audio,
            more=lambda n: (
                '<dc:creator><![CDATA[Ada Quay]]></dc:creator><itunes:summary>&lt;p&gt;x&lt;/p&gt;</itunes:summary><itunes:image href="'
                + base
                + '/cover.jpg"/>'
            ),
        ),
        "itunes",
        "dc",
        "content",
        "atom",
        "podcast",
    )
    return Sample(xml, guids, audio)


def acast(base: str) -> Sample:
    guids = ("65e5a0c1d2f3a40017b1c2d3", "65dc6671d2f3a40017b1c2d2", "65d32c21d2f3a40017b1c2d1")
    audio = tuple(f"/p/open/s/harbour/e/{guid}/media.mp3" for guid in guids)
    xml = rss(
        head(
            base,
            "acast.com",
            f"<acast:showId>65aa</acast:showId><acast:locale>en</acast:locale><itunes:new-feed-url>{base}/feed.xml</itunes:new-feed-url><podcast:locked>yes</podcast:locked>",
        )
        + items(
            base,
            guids,
            audio,
            length=lambda n: "123",
            more=lambda n: (
                f"<acast:episodeId>{guids[n]}</acast:episodeId><acast:episodeUrl>storm</acast:episodeUrl><itunes:explicit>true</itunes:explicit>"
            ),
        ),
        "itunes",
        "acast",
        "podcast",
        "content",
        "media",
        "googleplay",
    )
    return Sample(xml, guids, audio)


def megaphone(base: str) -> Sample:
    """Lengths of 0, and addresses that lead through a measuring company first."""
    guids = tuple(f"a0b1c2d{n}-9d4b-11ee-8c90-3f0a1b2c3d4e" for n in range(3))
    audio = tuple(f"/HAR{n}.mp3" for n in range(3))
    asked = tuple(f"/hop/2{path}?updated=1709528400" for path in audio)
    xml = rss(
        head(base, "", "<itunes:keywords/>")
        + items(
            base,
            guids,
            asked,
            length=lambda n: "0",
            more=lambda n: "<itunes:subtitle>Sub</itunes:subtitle>",
        ),
        "itunes",
        "content",
        "googleplay",
        "media",
        "atom",
    )
    return Sample(xml, guids, audio)


def transistor(base: str) -> Sample:
    guids = tuple(f"5c6d7e8f-0a1b-4c2d-9e3f-4a5b6c7d8e9{n}" for n in range(3))
    audio = tuple(f"/e/{n}d1a2b3c/4e5f6a7b.mp3" for n in range(3))
    guid = "3c7b8a90-1f2e-5d3c-8b4a-5f6e7d8c9b0a"
    more = '<podcast:transcript url="{base}/t.srt" type="application/x-subrip" rel="captions" language="en"/><podcast:person role="Guest" group="Cast">Cy</podcast:person>'
    srt = "1\n00:00:00,000 --> 00:00:02,000\nAhoy.\n"
    xml = rss(
        head(
            base,
            "Transistor (https://transistor.fm)",
            f'<podcast:guid>{guid}</podcast:guid><podcast:locked>yes</podcast:locked><atom:link rel="hub" href="https://pubsubhubbub.appspot.com/"/>',
        )
        + items(base, guids, audio, more=lambda n: more.replace("{base}", base)),
        "itunes",
        "content",
        "podcast",
        "atom",
    )
    return Sample(
        xml,
        guids,
        audio,
        podcast_guid=guid,
        transcripts=1,
        persons=1,
        others={"/t.srt": ("application/x-subrip", srt)},
    )


def castos(base: str) -> Sample:
    """Seriously Simple Podcasting: WordPress guids that are addresses, but not to follow."""
    guids = tuple(f"https://harbour.example.org/?post_type=podcast&amp;p={n}" for n in (31, 21, 11))
    audio = tuple(f"/podcast-download/{n}/storm.mp3" for n in (31, 21, 11))
    xml = rss(
        head(
            base,
            "",
            '<googleplay:author>Ada</googleplay:author><podcast:medium>podcast</podcast:medium><!-- podcast_generator="SSP by Castos/3.0" -->',
        )
        + items(
            base,
            guids,
            audio,
            notes=lambda n: (
                f'<description><![CDATA[About number {n}]]></description><content:encoded><![CDATA[<div class="wp"><p>About number {n}</p><script>alert(1)</script><ul><li>A</li></ul></div>]]></content:encoded><itunes:summary><![CDATA[About]]></itunes:summary>'
            ),
        ),
        "itunes",
        "content",
        "googleplay",
        "podcast",
        "atom",
        "dc",
        "wfw",
        "slash",
    )
    return Sample(xml, tuple(guid.replace("&amp;", "&") for guid in guids), audio)


def patreon(base: str) -> Sample:
    """A member's private feed: a token in the address, no lengths, no Apple tags in items."""
    guids = ("99000003", "99000002", "99000001")
    audio = tuple(f"/c/{n}/1.mp3" for n in guids)
    asked = tuple(f"{path}?token-time=1709&amp;token-hash=ab%3D" for path in audio)
    xml = rss(
        head(base, "", "<itunes:block>Yes</itunes:block>")
        + items(
            base,
            guids,
            asked,
            length=lambda n: "",
            notes=lambda n: (
                f'<description><![CDATA[<p>About number {n}</p><figure><img src="https://x.example/i.png"></figure>]]></description><link>https://www.patreon.com/posts/{n}</link>'
            ),
        ),
        "itunes",
        "atom",
    )
    return Sample(xml, guids, audio, path="/rss/harbour")


def substack(base: str) -> Sample:
    """Posts without audio between the episodes."""
    guids = ("substack:post:142000003", "substack:post:142000002", "substack:post:142000001")
    audio = tuple(f"/api/v1/audio/upload/{n}/src.mp3" for n in range(3))
    letter = '<item><title>A letter</title><guid isPermaLink="false">substack:post:7</guid><pubDate>Sun, 03 Mar 2024 05:00:00 GMT</pubDate><description>Only words</description></item>'
    xml = rss(
        head(base, "Substack", "<webMaster><![CDATA[ada@substack.com]]></webMaster>")
        + letter
        + items(
            base,
            guids,
            audio,
            length=lambda n: "0",
            notes=lambda n: (
                f'<description><![CDATA[Short]]></description><content:encoded><![CDATA[<h2>Head</h2><p>About number {n} <a href="https://example.org/?a=1&amp;b=2">link</a></p><div onclick="x()">end</div>]]></content:encoded><dc:creator><![CDATA[Ada]]></dc:creator>'
            ),
        ),
        "itunes",
        "content",
        "dc",
        "atom",
        "googleplay",
    )
    return Sample(xml, guids, audio, path="/feed/podcast/1/private/8a7b6c.rss")


def supercast(base: str) -> Sample:
    """Behind name and password, as private feeds of some apps are."""
    guids = tuple(f"https://harbour.supercast.com/episodes/{n}" for n in (3, 2, 1))
    audio = tuple(f"/audio/{n}.mp3" for n in (3, 2, 1))
    xml = rss(
        head(base, "Supercast", "<itunes:block>yes</itunes:block>")
        + items(
            base,
            guids,
            audio,
            permalink="true",
            more=lambda n: "<itunes:episodeType>bonus</itunes:episodeType>",
        ),
        "itunes",
        "content",
        "podcast",
    )
    return Sample(xml, guids, audio, login="ada:pa§s:wörd")


def powerpress(base: str) -> Sample:
    """WordPress: pages behind pages, undeclared entities, a cache's comment behind the end."""
    guids = tuple(f"{base}/?p={n}" for n in (3, 2, 1))
    audio = tuple(f"/wp-content/uploads/{n}.mp3" for n in (3, 2, 1))

    def notes(n: int) -> str:
        return (
            f"<description>About number {n} &hellip;</description><content:encoded><![CDATA[<p>About number {n}</p><p>Caf&eacute;</p>]]></content:encoded>"
            f"<wfw:commentRss>{base}/c</wfw:commentRss><slash:comments>0</slash:comments>"
        )

    every = items(base, guids, audio, notes=notes)
    first, second, third = (part + "</item>" for part in every.split("</item>")[:3])
    link = '<atom:link rel="next" href="{}"/>'
    generator = "https://wordpress.org/?v=6.4"
    spaces = ("itunes", "content", "atom", "rawvoice", "slash", "wfw", "podcast")
    pages = {
        "/feed2.xml": rss(
            head(base, generator, link.format(base + "/feed3.xml")) + first + second, *spaces
        ),
        "/feed3.xml": rss(head(base, generator, link.format(base + "/feed.xml")) + third, *spaces),
    }
    xml = rss(head(base, generator, link.format("/feed2.xml")) + first, *spaces)
    return Sample(
        xml + "<!-- Dynamic page generated in 0.1 seconds. -->\n", guids, audio, pages=pages
    )


def hand_made(base: str) -> Sample:
    """By hand, long ago: Latin-1, no guids, a date that is none, a stray ampersand."""
    audio = ("/a.mp3", "/b.mp3", "/c.mp3")
    body = "".join(
        f"<item><title>Folge {n} für Käpt'n & Co</title><description>About number {n}</description>{date}"
        f'<enclosure url="{path}" type="audio/mpeg"/></item>'
        for n, (path, date) in enumerate(
            zip(
                audio,
                (
                    "<pubDate>Mon, 04 Mar 2024 05:00:00 +0000</pubDate>",
                    "<pubDate>gestern</pubDate>",
                    "",
                ),
                strict=True,
            )
        )
    )
    xml = f'<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><title>Käpt\'n</title><description>Ü</description>{body}</channel></rss>'
    guids = tuple(base + path for path in audio)
    return Sample(xml, guids, audio, mime="text/xml", encoding="latin-1")


HOSTS: dict[str, Callable[[str], Sample]] = {
    "libsyn": libsyn,
    "buzzsprout": buzzsprout,
    "podbean": podbean,
    "anchor": anchor,
    "acast": acast,
    "megaphone": megaphone,
    "transistor": transistor,
    "castos": castos,
    "patreon": patreon,
    "substack": substack,
    "supercast": supercast,
    "powerpress": powerpress,
    "by hand": hand_made,
}
