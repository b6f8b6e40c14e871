"""Settings: defaults that work, the environment over the file, nonsense refused with advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcast_server.settings import Settings, SettingsError, load_settings


def config(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_without_any_file_the_defaults_work() -> None:
    settings = load_settings(None, {})
    assert settings.database_url.startswith("sqlite:///")
    assert settings.storage.backend == "local"


def test_relative_folders_start_from_the_configuration_file(tmp_path: Path) -> None:
    settings = load_settings(config(tmp_path, 'data_folder = "here"'), {})
    assert settings.data == tmp_path / "here"


def test_a_file_with_the_mark_that_windows_puts_before_it_is_read(tmp_path: Path) -> None:
    assert load_settings(config(tmp_path, '\ufeffdata_folder = "here"'), {}).data.name == "here"


def test_lists_for_the_statistics_are_looked_for_beside_the_configuration_file(
    tmp_path: Path,
) -> None:
    written = '[downloads]\ncountry_database = "countries.mmdb"\nagent_list = "agents"\n'
    settings = load_settings(config(tmp_path, written), {})
    assert settings.country_database == tmp_path / "countries.mmdb"
    assert settings.agent_list == str(tmp_path / "agents")


def test_a_list_of_apps_may_be_an_address() -> None:
    address = "https://agents.example.org/list"
    settings = load_settings(None, {"PODCAST_SERVER_DOWNLOADS__AGENT_LIST": address})
    assert settings.agent_list == address


def test_the_environment_is_stronger_than_the_file(tmp_path: Path) -> None:
    path = config(tmp_path, "[server]\nport = 9000\n")
    assert load_settings(path, {}).server.port == 9000
    assert load_settings(path, {"PODCAST_SERVER_SERVER__PORT": "9001"}).server.port == 9001


def test_a_secret_is_read_from_the_file_that_the_environment_names(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("sk_test_123\n")
    environ = {"PODCAST_SERVER_STRIPE__SECRET_KEY_FILE": str(secret)}
    assert load_settings(None, environ).stripe.secret_key.get_secret_value() == "sk_test_123"


def test_a_secret_that_is_no_text_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_bytes(b"\xff\xfe")
    environ = {"PODCAST_SERVER_STRIPE__SECRET_KEY_FILE": str(secret)}
    with pytest.raises(SettingsError, match="PODCAST_SERVER_STRIPE__SECRET_KEY_FILE"):
        load_settings(None, environ)


@pytest.mark.parametrize("written", ["usd", "USD", " Usd "])
def test_a_currency_may_be_written_in_capitals(written: str) -> None:
    assert load_settings(
        None, {"PODCAST_SERVER_PAYMENTS__CURRENCY": written}
    ).payments.currency == ("usd")


@pytest.mark.parametrize(
    "address",
    ["https://podcast.example", "https://podcast.example/", "http://[::1]:8000", "http://pod:80"],
)
def test_an_address_of_a_whole_site_is_taken_without_the_slash_at_its_end(address: str) -> None:
    settings = load_settings(None, {"PODCAST_SERVER_SITE__PUBLIC_URL": address})
    assert settings.site.public_url == address.rstrip("/")


def test_a_list_is_separated_by_commas() -> None:
    environ = {"PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS": "whsec_a, whsec_b"}
    secrets = load_settings(None, environ).stripe.webhook_secrets
    assert [secret.get_secret_value() for secret in secrets] == ["whsec_a", "whsec_b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[storage]\nbackend = "ftp"\n', ["storage.backend", "'ftp'", "'local' or 's3'"]),
        ("[server]\nport = 99999\n", ["server.port", "99999", "65535"]),
        ("[server]\nprot = 1\n", ["server.prot", "did you mean server.port"]),
        ('[site]\npublic_url = "podcast.example"\n', ["site.public_url", "https://"]),
        ('[site]\npublic_url = "https://podcast.example:99999"\n', ["site.public_url", "65535"]),
        ('[site]\npublic_url = "https://podcast.example/#x"\n', ["site.public_url", "nothing"]),
        ('[site]\npublic_url = "https://example.org/pods"\n', ["site.public_url", "nothing"]),
        ('[site]\npublic_url = "https://me:x@example.org"\n', ["site.public_url", "nothing"]),
        ('[monitoring]\notlp_endpoint = "here:4318"\n', ["otlp_endpoint", "http://127.0.0.1"]),
        ('[payments]\ncurrency = "euro"\n', ["payments.currency", "'euro'", "eur or usd"]),
        ('[database]\nurl = "mysql://x"\n', ["database.url", "(secret)", "postgresql://"]),
        ("port = \n", ["not valid TOML"]),
        ("server = 5\n", ["server"]),
    ],
)
def test_nonsense_is_refused_with_key_value_and_what_is_allowed(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(config(tmp_path, text), {})
    for words in said:
        assert words in str(caught.value)


def test_an_unknown_variable_of_ours_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match=r"did you mean mail\.host"):
        load_settings(None, {"PODCAST_SERVER_MAIL__HOTS": "x"})


def test_a_secret_never_shows_in_an_error_or_in_print() -> None:
    environ = {"PODCAST_SERVER_DATABASE__URL": "mysql://me:hunter2@db/x"}
    with pytest.raises(SettingsError) as caught:
        load_settings(None, environ)
    assert "hunter2" not in str(caught.value)
    fine = load_settings(None, {"PODCAST_SERVER_MAIL__PASSWORD": "hunter2"})
    assert "hunter2" not in repr(fine)


def test_a_secret_file_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="/no/such"):
        load_settings(None, {"PODCAST_SERVER_MAIL__PASSWORD_FILE": "/no/such"})


def test_every_default_is_valid() -> None:
    assert Settings() == Settings.model_validate({})
