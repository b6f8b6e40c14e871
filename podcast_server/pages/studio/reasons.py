"""Why a file or a word cannot be used, in the podcaster's language."""

from __future__ import annotations

from episodes.errors import BadField
from podcast_server.pages.studio.known import N_, as_sentence, translated

SENTENCES = (
    # audio
    N_("the file is empty: export it again"),
    N_(
        "this is not an audio file that podcasts can use (MP3, M4A, AAC, Ogg, Opus, FLAC or WAV), "
        "whatever its name says"
    ),
    N_("the file is damaged: export it again from your editor"),
    N_("the file ends too early: the copy or upload was cut off, send it again"),
    N_("the file holds no sound"),
    N_(
        "the file needs an unreasonable amount of memory or time to read: export it again, "
        "without embedded pictures or odd tags"
    ),
    N_("the file cannot be read"),
    N_("no encoder for this format is installed: install the `av` package"),
    N_("the part to cut lies outside the recording"),
    N_("the new file could not be written: is the disk full?"),
    N_("the file could not be examined"),
    N_("the file has %(size)s MB; this server takes %(most)s MB"),
    N_("there is no part %(number)s of this file"),
    N_("this upload is complete already"),
    N_("%(number)s parts are still missing"),
    N_("these pieces are not of this file"),
    N_("there is no such upload: begin again"),
    N_("“%(title)s” has no audio yet: upload it first"),
    N_("write times like 1:30"),
    N_("the preview must end after it begins"),
    N_("this would be the whole episode"),
    N_("a preview lasts %(minutes)s minutes at most"),
    N_("an announcement lasts %(minutes)s minutes at most"),
    # what is used all the same
    N_(
        "%(format)s does not play in every podcast app: convert it to MP3 or AAC "
        "([ingest] convert_to does it for you)"
    ),
    N_("the file also holds a film, which listeners download but never see: export only the sound"),
    N_("the tags are larger than 16 MB and were ignored"),
    N_("the tags are damaged and were ignored"),
    N_("the embedded cover is larger than 12 MB and was ignored"),
    N_("the chapter pictures are larger than 12 MB together: some were ignored"),
    # pictures
    N_("the image is larger than 20 MB: save it as JPEG"),
    N_("the image is %(width)s × %(height)s pixels; podcast apps need at least 1400 × 1400"),
    N_("the image is %(width)s × %(height)s pixels; a cover is square"),
    N_("the image is %(width)s × %(height)s pixels; it needs at least 150 × 150"),
    N_("the image is %(width)s × %(height)s pixels; a logo is at least 48 high"),
    N_("the image is %(width)s × %(height)s pixels; a logo is square, or up to six times as wide"),
    N_("this is not a JPEG, PNG or WebP image"),
    N_("the image is damaged: save it again as JPEG or PNG"),
    N_("the image has too many pixels: 3000 × 3000 is plenty"),
    # chapters and transcripts
    N_("the chapters file is larger than 1 MB"),
    N_("the file is not JSON Chapters version 1"),
    N_("the file holds no list of chapters"),
    N_("the chapters file is not JSON"),
    N_("there are more than %(number)s chapters"),
    N_("chapter %(number)s is not an object"),
    N_("chapter %(number)s has no startTime in seconds"),
    N_("a chapter's time is beyond all measure"),
    N_("chapter %(number)s has a title of more than 255 characters"),
    N_("chapter %(number)s has a link that does not begin with https://"),
    N_("%(chapter)s begins outside of the episode"),
    N_("%(chapter)s ends before it begins"),
    N_("%(chapter)s has no title"),
    N_("a transcript can be .vtt, .srt, .json or .txt"),
    N_("the transcript is larger than 8 MB"),
    N_("the transcript is not UTF-8: save it as UTF-8 text"),
    N_("no words were found in the transcript"),
    N_("a transcript without times cannot become subtitles"),
    N_("the transcript has more than %(number)s parts"),
    N_("the JSON holds no list of segments"),
    N_("the transcript is not JSON"),
    # words
    N_("an episode needs a title"),
    N_("a show needs a title"),
    N_("a tier needs a name"),
    N_("there is already a tier called “%(name)s”"),
    N_("“%(tier)s” is in use: it stays"),
    N_("must be at most 255 characters"),
    N_("must be at most %(number)s characters"),
    N_("must be at most 12 links"),
    N_("must have names of at most 64 characters"),
    N_("must be one of %(words)s"),
    N_("must be a web address such as https://example.org"),
    N_("must be at least 1, or empty"),
    N_("must be at most 999999999, or empty"),
    N_("must be at least 1, or empty for never"),
    N_("must be 1 to 10 minutes, or empty for none"),
    N_("must be a language code such as en, en-gb or fr"),
    N_("must be a name such as Europe/Paris"),
    N_("use letters, digits and hyphens, such as harbour-notes"),
    N_("there is already a show at “%(slug)s”"),
    N_("each needs a name and a subcategory or nothing"),
    N_("“%(name)s” is not one of Apple's%(more)s"),
    N_("“%(name)s” is not part of %(group)s%(more)s"),
    N_("an episode has no such field"),
    N_("this episode has no such version"),
    N_("a show has no such field"),
)


def reason(error: Exception) -> str:
    """What to show for an error of the audio side; a bad field's is without the field's name."""
    text = error.message if isinstance(error, BadField) else str(error)
    return in_their_words(text)


def in_their_words(text: str) -> str:
    """A sentence that was kept, such as why an upload was refused."""
    return as_sentence(translated(text, SENTENCES) or text)
