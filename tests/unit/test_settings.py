"""Settings: what is shipped is whole, and every mistake is named with file, key, value and fix."""

from __future__ import annotations

import dataclasses
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import ValidationError

from ivr.domain.consent.policy import ACCEPTANCE_TEST
from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.endpointing import EndpointSettings
from ivr.domain.hearing.verdict import Thresholds
from ivr.domain.identity.check import IdentityPlan, IdentityPrompts
from ivr.domain.program.program import AgentGuard, Captured, ObjectionEffect, Program, ProgramPrompts
from ivr.domain.recording.release_buffer import ReleaseSettings
from ivr.domain.retention.schedule import Duration
from ivr.errors import EXIT_USAGE, ConfigurationError
from ivr.recording import content as recordings
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.settings.identity import IdentityPromptTable, IdentityTable
from ivr.settings.programs import _Guard, _ProgramFile, _Prompts, fill
from ivr.settings.sections import NodeFile, RecordingSection, SipSection
from ivr.settings.source import Section
from ivr.sip import settings as calls
from tests.fakes.shipped import copied_config

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
QUALITY = "schedules.quality_audio.periods"
LAW = "profiles/fr-2026.toml"
HOTLINE = "programs/hotline-quality.toml"


def asking(items: str, more: str = "") -> str:
    """An [identity] table before the one that it replaces."""
    return f"[identity]\nitems = [{items}]\n{more}\n\n[prompts]"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return copied_config(tmp_path / "config")


def load(config_dir: Path, **env: str) -> Settings:
    return load_settings(config_dir, env)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(config_dir: Path, env: Mapping[str, str] | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config_dir, env or {})
    assert caught.value.exit_code == EXIT_USAGE
    assert caught.value.remedy
    return caught.value


# ---------------------------------------------------------------- what is shipped


def test_the_shipped_configuration_loads() -> None:
    settings = load(CONFIG)
    assert set(settings.programs) == {"hotline-quality", "prospecting"}
    assert len(settings.profile.rules) == 110
    assert (settings.profile.id, settings.profile.version) == ("fr-2026", "2026.11.21")


def test_the_shipped_file_writes_down_the_embedded_defaults() -> None:
    written = tomllib.loads((CONFIG / "ivr.toml").read_text(encoding="utf-8"))
    assert NodeFile.model_validate(written) == NodeFile()


@pytest.mark.parametrize(
    ("table", "domain"),
    [
        (_ProgramFile, Program),
        (_Prompts, ProgramPrompts),
        (_Guard, AgentGuard),
        (IdentityTable, IdentityPlan),
        (IdentityPromptTable, IdentityPrompts),
    ],
)
def test_what_the_file_of_a_program_leaves_out_is_as_the_domain_has_it(table: type[Section], domain: type) -> None:
    defaults = {name: field.default for name, field in table.model_fields.items() if not field.is_required()}
    plain = {name: value for name, value in defaults.items() if not isinstance(value, Section)}
    assert plain
    assert plain.items() <= {field.name: field.default for field in dataclasses.fields(domain)}.items()


def test_every_embedded_default_is_written_down_in_the_shipped_file() -> None:
    def keys(table: Mapping[str, object], under: str = "") -> set[str]:
        found: set[str] = set()
        for key, value in table.items():
            name = f"{under}{key}"
            found |= keys(value, f"{name}.") if isinstance(value, dict) and value else {name}
        return found

    written = tomllib.loads((CONFIG / "ivr.toml").read_text(encoding="utf-8"))
    assert keys(NodeFile().model_dump()) == keys(written)


def test_a_folder_without_ivr_toml_takes_the_defaults(config: Path) -> None:
    (config / "ivr.toml").unlink()
    assert load(config).sip == load(CONFIG).sip


def test_the_two_programs_do_what_their_law_asks() -> None:
    hotline, prospecting = (load(CONFIG).programs[name] for name in ("hotline-quality", "prospecting"))
    assert (hotline.objection_effect, hotline.captured) == (ObjectionEffect.STOP_RECORDING, Captured.DISCARD)
    assert (hotline.sampling_rate, hotline.systematic_basis) == (1.0, ACCEPTANCE_TEST)
    assert prospecting.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY
    assert prospecting.systematic_basis == "insurance_sales_law"
    assert (hotline.retention, prospecting.retention) == ("quality_audio", "sales_audio")


def test_doubt_comes_sooner_just_after_the_disclosure() -> None:
    for program in load(CONFIG).programs.values():
        assert set(program.thresholds) == set(program.thresholds_after_disclosure)
        for label, usual in program.thresholds.items():
            fresh = program.thresholds_after_disclosure[label]
            assert isinstance(fresh, Thresholds)
            assert fresh.act <= usual.act
            assert fresh.doubt <= usual.doubt


def test_the_sections_become_domain_settings_with_the_domains_own_defaults() -> None:
    settings = load(CONFIG)
    assert settings.hearing == HearingSettings()
    assert settings.endpoint == EndpointSettings()
    assert settings.release == ReleaseSettings()


def test_settings_cannot_be_changed() -> None:
    settings = load(CONFIG)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.programs = {}  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.sip.port = 1  # type: ignore[misc]


def test_an_acceptance_test_and_the_fictitious_name_are_announced_when_the_node_starts(config: Path) -> None:
    assert [("REC-008" in w, "fictif" in w) for w in load(CONFIG).warnings()] == [(True, False), (False, True)]
    program = config / "programs" / "hotline-quality.toml"
    edit(program, "sampling_rate = 1.0", "sampling_rate = 0.1")
    edit(program, 'systematic_basis = "acceptance_test"', 'systematic_basis = ""')
    assert load(config, IVR_CONTROLLER__NAME="la Mutuelle du Nord").warnings() == ()


def test_a_provider_of_which_two_factors_are_not_asked_is_announced(config: Path) -> None:
    through = {
        "IVR_CONSOLE__PUBLIC_URL": "https://console.example.org",
        "IVR_CONSOLE__OIDC__ISSUER": "https://login.example.org",
        "IVR_CONSOLE__OIDC__CLIENT_ID": "console",
        "IVR_CONSOLE__OIDC__CLIENT_SECRET_FILE": "keys/oidc",
    }

    def warned(**more: str) -> bool:
        return any("un seul facteur" in one for one in load(config, **through, **more).warnings())

    assert warned()
    assert not warned(IVR_CONSOLE__OIDC__AMR='["mfa"]')
    assert not warned(IVR_CONSOLE__OIDC__ACR='["gold"]')


def test_every_rule_named_in_config_or_code_stands_in_the_profile() -> None:
    rules = load(CONFIG).profile.rules
    families = "|".join(sorted({rule_id.rsplit("-", 1)[0] for rule_id in rules}))
    named: dict[str, set[str]] = {}
    for path in [*CONFIG.rglob("*.toml"), *(ROOT / "ivr").rglob("*.py")]:
        for rule_id in re.findall(rf"(?<![\w-])(?:{families})-\d+(?!\w)", path.read_text(encoding="utf-8")):
            named.setdefault(rule_id, set()).add(path.name)
    assert "REC-001" in named
    assert {rule_id: files for rule_id, files in named.items() if rule_id not in rules} == {}


# ---------------------------------------------------------------- prompts


def test_the_controllers_name_is_said_in_the_disclosures() -> None:
    settings = load(CONFIG, IVR_CONTROLLER__NAME="la Mutuelle du Nord")
    for program in settings.programs.values():
        assert "la Mutuelle du Nord" in settings.prompts[program.prompts.disclosure].text


@pytest.mark.parametrize(
    ("controller", "said"),
    [
        ("la Mutuelle Exemple", "l'assistant de la Mutuelle Exemple"),
        ("le Groupe Exemple", "l'assistant du Groupe Exemple"),
        ("les Mutuelles Unies", "l'assistant des Mutuelles Unies"),
        ("Harmonie Exemple", "l'assistant de Harmonie Exemple"),
    ],
)
def test_the_french_article_of_the_controller_is_contracted(controller: str, said: str) -> None:
    assert fill("l'assistant de {controller}", controller=controller) == said


def test_an_unknown_placeholder_is_refused(config: Path) -> None:
    edit(config / "prompts" / "service.toml", "Merci de votre appel.", "Merci {controler}.")
    error = refusal(config)
    assert error.key == "prompts.goodbye.text"
    assert "controller" in error.remedy


def test_a_prompt_id_used_twice_is_refused(config: Path) -> None:
    (config / "prompts" / "more.toml").write_text('[prompts.goodbye]\nversion = "1"\ntext = "Au revoir."\n', "utf-8")
    error = refusal(config)
    assert error.key == "prompts.goodbye"
    assert "more.toml" in str(error)
    assert "service.toml" in str(error)


# ---------------------------------------------------------------- the environment and paths


def test_the_codecs_that_a_setting_names_are_those_that_are_there() -> None:
    assert get_args(get_type_hints(RecordingSection)["codec"]) == tuple(recordings.CODECS)
    (of_calls, _) = get_args(get_type_hints(SipSection)["codecs"])
    assert set(get_args(of_calls)) <= calls.CODECS.keys()


def test_the_environment_wins_over_the_file(config: Path) -> None:
    settings = load(
        config,
        IVR_SIP__PORT="5080",
        IVR_SIP__TCP="false",
        IVR_SIP__CODECS='["G722", "PCMA"]',
        IVR_NODE__ID="node-7",
        IVR_HEARING__TAPE__MAX_HOLD_MS="15000",
        IVR_ROUTES__USERS__3646="hotline-quality",
        IVR_CONFIG="ignored here",
        IVRSOMETHING__ELSE="not ours",
    )
    assert (settings.sip.port, settings.sip.tcp, settings.sip.codecs) == (5080, False, ("G722", "PCMA"))
    assert settings.node.id == "node-7"
    assert settings.release.max_hold_ms == 15000
    assert settings.route("3646").name == "hotline-quality"


def test_relative_paths_start_in_the_data_directory_and_that_one_beside_the_config(config: Path) -> None:
    settings = load(config)
    data_dir = config.parent / "var"
    assert settings.node.data_dir == data_dir
    assert settings.recording.store_dir == data_dir / "recordings"
    assert settings.keys.kek_file == data_dir / "keys" / "kek"
    assert settings.database.url == f"sqlite:///{data_dir / 'ivr.sqlite3'}"
    assert settings.model_dir == data_dir / "models" / "whisper-base"
    assert settings.sip.registrar.password_file is None


def test_absolute_paths_stay_as_they_are(config: Path, tmp_path: Path) -> None:
    settings = load(
        config,
        IVR_NODE__DATA_DIR=str(tmp_path / "data"),
        IVR_KEYS__KEK_FILE=str(tmp_path / "kek"),
        IVR_EAR__MODEL_DIR="whisper",
        IVR_DATABASE__URL="postgresql+psycopg://ivr@db/ivr",
    )
    assert settings.node.data_dir == tmp_path / "data"
    assert settings.keys.kek_file == tmp_path / "kek"
    assert settings.model_dir == tmp_path / "data" / "whisper"
    assert settings.database.url == "postgresql+psycopg://ivr@db/ivr"


def test_an_onnx_recogniser_names_its_model_and_the_packaged_whisper_aligns_its_words(config: Path) -> None:
    packaged = load(config).node.data_dir / "models" / "whisper-base"
    assert load(config).aligner_dir is None
    assert load(config, IVR_EAR__MODEL_DIR="large").aligner_dir is None
    settings = load(config, IVR_EAR__RECOGNISER="onnx", IVR_EAR__MODEL_DIR="parakeet")
    assert (settings.model_dir, settings.aligner_dir) == (settings.node.data_dir / "parakeet", packaged)
    with pytest.raises(ConfigurationError, match="needs model_dir"):
        load(config, IVR_EAR__RECOGNISER="onnx")


def test_the_console_goes_out_with_tls_or_behind_a_proxy_and_its_files_lie_in_the_data_folder(config: Path) -> None:
    console = load(config).console
    assert (console.bind, console.tls_cert_file, console.proxies) == ("127.0.0.1", None, ())
    out = {"IVR_CONSOLE__BIND": "0.0.0.0"}
    tls = {"IVR_CONSOLE__TLS_CERT_FILE": "tls/cert.pem", "IVR_CONSOLE__TLS_KEY_FILE": "/etc/key.pem"}
    found = load(config, **out, **tls).console
    assert found.tls_cert_file == config.parent / "var" / "tls" / "cert.pem"
    assert found.tls_key_file == Path("/etc/key.pem")
    proxied = load(
        config, **out, IVR_CONSOLE__PROXIES='["192.0.2.10"]', IVR_CONSOLE__PUBLIC_URL="https://console.example.org/"
    ).console
    assert (proxied.proxies, proxied.public_url) == (("192.0.2.10",), "https://console.example.org")


def test_the_system_may_choose_every_port(config: Path) -> None:
    sip = load(config, IVR_SIP__PORT="0", IVR_SIP__RTP_PORT_MIN="0", IVR_SIP__RTP_PORT_MAX="0").sip
    assert (sip.port, sip.rtp_port_min, sip.rtp_port_max) == (0, 0, 0)


def test_the_config_folder_is_the_repositorys_unless_the_environment_names_another() -> None:
    assert default_config_dir({}) == CONFIG
    assert default_config_dir({"IVR_CONFIG": "/etc/ivr"}) == Path("/etc/ivr")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("IVR_SIP__PROT", "5060", "did you mean 'port'?"),
        ("IVR_SIPP__PORT", "5060", "did you mean 'sip'?"),
        ("IVR_SIP__REGISTRAR__USERNAM", "x", "did you mean 'username'?"),
        ("IVR_SIP__PORT", "many", "valid integer"),
        ("IVR_SIP__PORT", "70000", "less than or equal to 65535"),
        ("IVR_SIP__CODECS", '["PCMA"', "not valid TOML"),
        ("IVR_SIP__CODECS", '["PCMX"]', "did you mean 'PCM"),
        ("IVR_ROUTES__DEFAULT", "hotline", "did you mean 'hotline-quality'?"),
        ("IVR_LAW__PROFILE", "fr-2062", "did you mean 'fr-2026'?"),
        ("IVR_RECORDING__CODEC", "mp3", "should be 'opus'"),
        ("IVR_DATABASE__URL", "mysql://x", "postgresql+psycopg://"),
        ("IVR_NODE__ID__X", "y", "holds no table"),
        ("IVR_SIP__BIND", "localhost", "write an IP address"),
        ("IVR_CONSOLE__PROT", "1", "did you mean 'port'?"),
        ("IVR_CONSOLE__BIND", "localhost", "write an IP address"),
        ("IVR_CONSOLE__PROXIES", '["proxy"]', "write IP addresses"),
        ("IVR_CONSOLE__PUBLIC_URL", "http://console.example.org", "https://console.example.org"),
        ("IVR_CONSOLE__PUBLIC_URL", "https://console.example.org/path", "without a path"),
        ("IVR_CONSOLE__OIDC__ISUER", "https://login.example.org", "did you mean 'issuer'?"),
        ("IVR_CONSOLE__OIDC__ISSUER", "http://login.example.org", "write the issuer as the provider does"),
        ("IVR_CONSOLE__OIDC__ISSUER", "http://localhost.example.org", "write the issuer as the provider does"),
        ("IVR_CONSOLE__OIDC__ISSUER", "https://u@login.example.org", "write the issuer as the provider does"),
        ("IVR_CONSOLE__OIDC__ISSUER", "https://login.example.org/?a=b", "write the issuer as the provider does"),
        ("IVR_CONSOLE__OIDC__HOSTS", '["https://keys.example.org"]', "write names of hosts"),
        ("IVR_CONSOLE__OIDC__LABEL", " ", "what the button is to name"),
        ("IVR_CONSOLE__OIDC__SCOPES", '["profile"]', 'scopes must have "openid"'),
        ("IVR_CONSOLE__OIDC__TIMEOUT_S", "60", "less than or equal to 10"),
        ("IVR_CONSOLE__IDLE_MINUTES", "0", "greater than or equal to 1"),
        ("IVR_EAR__LANGUAGE", '["fr"]', "did you mean 'languages'?"),
        ("IVR_EAR__LANGUAGES", '["fra"]', "did you mean 'fr'?"),
        ("IVR_EAR__RECOGNISER", "wisper", "did you mean 'whisper'?"),
        ("IVR_EAR__RECOGNISER", "kaldi", "should be 'whisper' or 'onnx'"),
        ("IVR_EAR__RECOGNIZER", "onnx", "did you mean 'recogniser'?"),
        ("IVR_EAR__LANGUAGES", '["en"]', 'write "fr", and at most "en" besides'),
    ],
)
def test_a_wrong_variable_is_named_with_its_fix(variable: str, value: str, words: str) -> None:
    error = refusal(CONFIG, {variable: value})
    assert (error.file, error.key) == ("environment", variable)
    assert words in str(error)


def test_a_provider_is_off_and_on_it_needs_where_browsers_come_back_to(config: Path) -> None:
    assert load(config).console.oidc.issuer == ""
    out = {
        "IVR_CONSOLE__OIDC__ISSUER": "https://login.example.org/realms/house/",
        "IVR_CONSOLE__OIDC__CLIENT_ID": "console",
        "IVR_CONSOLE__OIDC__CLIENT_SECRET_FILE": "keys/oidc",
    }
    with pytest.raises(ConfigurationError, match="needs client_id and client_secret_file"):
        load(config, IVR_CONSOLE__OIDC__ISSUER=out["IVR_CONSOLE__OIDC__ISSUER"])
    with pytest.raises(ConfigurationError, match="needs public_url, the address that browsers come back to"):
        load(config, **out)
    found = load(config, **out, IVR_CONSOLE__PUBLIC_URL="https://console.example.org")
    oidc = found.console.oidc
    # To the last character: what the provider signs says so, too.
    assert oidc.issuer == "https://login.example.org/realms/house/"
    assert oidc.client_secret_file == found.node.data_dir / "keys/oidc"
    assert oidc.ca_file is None
    here = load(
        config,
        **{**out, "IVR_CONSOLE__OIDC__ISSUER": "http://127.0.0.1:8080"},
        IVR_CONSOLE__PUBLIC_URL="http://localhost:8090",
    )
    assert here.console.oidc.issuer == "http://127.0.0.1:8080"


# ---------------------------------------------------------------- mistakes in files


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "words"),
    [
        ("ivr.toml", "port = 5060", "prot = 5060", "sip.prot", "did you mean 'port'?"),
        ("ivr.toml", "[recording]", "[recordings]", "recordings", "did you mean 'recording'?"),
        ("ivr.toml", "pad_ms = 200", "padd_ms = 200", "hearing.endpoint.padd_ms", "did you mean 'pad_ms'?"),
        ("ivr.toml", 'realm = "*"', 'reelm = "*"', "sip.registrar.reelm", "did you mean 'realm'?"),
        ("ivr.toml", "lines = 1", "lines = 0", "node.lines", "greater than or equal to 1"),
        ("ivr.toml", "lines = 1", 'lines = "two"', "node.lines", "'two' is not accepted"),
        ("ivr.toml", "rtp_port_max = 10999", "rtp_port_max = 10006", "sip", "at least 8 ports"),
        ("ivr.toml", 'bind = "127.0.0.1"', 'bind = "192.0.2.1"', "console", "needs tls_cert_file and tls_key_file, or"),
        ("ivr.toml", 'tls_cert_file = ""', 'tls_cert_file = "c"', "console", "write both tls_cert_file"),
        ("ivr.toml", "proxies = []", 'proxies = ["192.0.2.10"]', "console", "needs public_url"),
        ("ivr.toml", 'uri = ""', 'uri = "pbx"', "sip.registrar.uri", "write a SIP URI"),
        ("ivr.toml", 'uri = ""', 'uri = "sip:pbx"', "sip.registrar", "needs username and password_file"),
        ("ivr.toml", 'default = "hotline-quality"', 'default = "prospecting"', "routes.default", "places calls"),
        ("ivr.toml", "[routes.users]", '[routes.users]\n1 = "x"', "routes.users.1", "there is no program 'x'"),
        ("ivr.toml", "vad_delay_ms = 300", "vad_delay_ms = 299", "hearing.vad_delay_ms", "300"),
        ("ivr.toml", "lookback_ms = 3000", "lookback_ms = 2999", "hearing.tape.lookback_ms", "mask_before_ms, 3000"),
        ("ivr.toml", "onset_voiced = 3", "onset_voiced = 6", "hearing.endpoint.onset_voiced", "no speech would ever"),
        ("ivr.toml", "overlap_ms = ", "overlap_ms = 12000 # ", "hearing.overlap_ms", "less than piece_max_ms"),
        ("programs/prospecting.toml", "barge_in", "barge_inn", "barge_inn", "did you mean 'barge_in'?"),
        ("programs/prospecting.toml", 'closing = "p', 'closign = "p', "prompts.closign", "did you mean 'closing'?"),
        ("programs/prospecting.toml", '"doubt"', '"doute"', "prompts.doubt", "did you mean 'doubt'?"),
        ("programs/prospecting.toml", '"REC-003"', '"REC-0003"', "rule_ids", "did you mean 'REC-003'?"),
        ("programs/prospecting.toml", '"sales_audio"', '"sale_audio"', "retention", "did you mean 'sales_audio'?"),
        ("programs/prospecting.toml", "end_call_and_destroy", "stop_recording", "objection_effect", "REC-006"),
        ("programs/prospecting.toml", '"prospecting-closing"', '""', "prompts.closing", "confirmed aloud"),
        (HOTLINE, '"objection-noted"', '""', "prompts.objection_noted", "confirmed aloud"),
        (HOTLINE, "[prompts]", asking('"nir", "name"'), "identity.items", "(ASK-002) (ask 'member_number' instead"),
        (HOTLINE, "[prompts]", asking('"name", "iban"'), "identity.items", "(ASK-002) (ask 'member_number' instead"),
        (HOTLINE, "[prompts]", asking('"name", "otp"'), "identity.items", "(ASK-002) (ask 'birth_date' instead"),
        (HOTLINE, "[prompts]", asking('"name", "email"'), "identity.items", "(ASK-006) (ask 'postal_code' instead"),
        (HOTLINE, "[prompts]", asking('"name", "birth_dat"'), "identity.items", "did you mean 'birth_date'?"),
        (HOTLINE, "[prompts]", asking('"name"'), "identity.items", "at least 2 different items"),
        (HOTLINE, "[prompts]", asking('"name", "name"'), "identity.items", "at least 2 different items"),
        (HOTLINE, "[prompts]", asking('"name", "birth_date"', "tries = 4"), "identity.tries", "at most 3"),
        (HOTLINE, "[prompts]", asking('"name", "birth_date"', "trys = 2"), "identity.trys", "did you mean 'tries'?"),
        (HOTLINE, "[prompts]", asking('"name", "birth_date"', '[identity.prompts]\nname = "identity-nam"'),
         "identity.prompts.name", "did you mean 'identity-name'?"),
        ("programs/prospecting.toml", "[prompts]", asking('"name", "birth_date"'), "identity", "ASK-001"),
        (HOTLINE, "listen_to_agent = true ", "listen_to_agent = false ", "guard.agent_channel", "cannot be guarded"),
        (HOTLINE, 'on_ask = "warn"', 'on_ask = "mut"', "guard.on_ask", "mute"),
        (HOTLINE, '"acceptance_test"', '""', "sampling_rate", "REC-008"),
        (HOTLINE, '"acceptance_test"', '"tests"', "systematic_basis", "acceptance_test"),
        (HOTLINE, 'objection_key = "9"', 'objection_key = "99"', "objection_key", "'99'"),
        (HOTLINE, 'objection_key = "9"', 'objection_key = "#"\nidentity = { items = ["name", "birth_date"] }',
         "objection_key", "ends or clears an answer"),
        (HOTLINE, 'objection_key = "9"', 'objection_key = "*"\nidentity = { items = ["name", "birth_date"] }',
         "objection_key", "ends or clears an answer"),
        (HOTLINE, "doubt = 0.25", "doubt = 0.90", "thresholds.objection_recording", "above act"),
        (HOTLINE, 'agent_uri = ""', 'agent_uri = "bob"', "agent_uri", "write a SIP URI"),
        ("programs/prospecting.toml", 'goodbye = "goodbye"', "", "prompts.goodbye", "this key is missing"),
        ("prompts/service.toml", "text = ", "txt = ", "prompts.hotline-menu.txt", "did you mean 'text'?"),
        ("retention.toml", "keep = { months = 6 }", "keep = { months = 7 }", f"{QUALITY}.0.keep", "REC-007"),
        ("retention.toml", "keep = { months = 6 }", "keep = { days = 183 }", f"{QUALITY}.0.keep", "6 months"),
        ("retention.toml", "audio_quality_max", "audio_max", f"{QUALITY}.0.cap", "audio_quality_max"),
        ("retention.toml", ".audio_quality_max", ".clock_start", f"{QUALITY}.0.cap", "no length"),
        ("retention.toml", 'on = "recorded_at"', 'on = "offer"', QUALITY, "never be destroyed"),
        ("retention.toml", '["ASS-A-05", ', '["ASS-A-55", ', "schedules.sales_audio.periods.1.rules", "'ASS-A-05'"),
        ("retention.toml", "Europe/Paris", "Europe/Pari", "timezone", "IANA"),
        (LAW, "since = 2018-05-25", "since = 2030-01-01\nuntil = 2018-01-01", "rules.REC-001", "until"),
        (LAW, 'confidence = "v', 'confidance = "v', "rules.REC-001.confidance", "did you mean 'confidence'?"),
        (LAW, 'id = "fr-2026"', 'id = "fr-2025"', "profile.id", "rename the file"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_named_with_its_fix(
    config: Path, file: str, old: str, new: str, key: str, words: str
) -> None:
    edit(config / file, old, new)
    error = refusal(config)
    assert error.file == str(config / file)
    assert error.key == key
    assert words in str(error)


def test_who_is_to_be_told_not_to_answer_must_be_told_something(config: Path) -> None:
    edit(config / HOTLINE, 'do_not_tell = "do-not-tell"\n', "")
    edit(config / HOTLINE, 'on_ask = "warn"', 'on_ask = "say"')
    assert refusal(config).key == "prompts.do_not_tell"


def test_a_program_may_ask_who_calls_and_the_shipped_ones_do_not(config: Path) -> None:
    assert [program.identity for program in load(CONFIG).programs.values()] == [None, None]
    edit(config / HOTLINE, "[prompts]", asking('"birth_date", "member_number"', "tries = 2\nanswer_timeout_s = 5"))
    plan = load(config).programs["hotline-quality"].identity
    assert plan is not None
    assert [item.value for item in plan.order] == ["member_number", "birth_date"]
    assert (plan.tries, plan.answer_timeout_s) == (2, 5.0)
    assert {plan.prompts.question(item) for item in plan.items} <= set(load(config).prompts)


def test_wrong_toml_is_named_with_file_and_line(config: Path) -> None:
    (config / "ivr.toml").write_text('[node]\nid = "a"\nlines = \n', encoding="utf-8")
    error = refusal(config)
    assert error.file == str(config / "ivr.toml")
    assert "line 3" in str(error)


def test_a_file_that_is_not_text_is_refused(config: Path) -> None:
    (config / "retention.toml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in str(refusal(config))


def test_a_missing_file_is_named(config: Path) -> None:
    (config / "retention.toml").unlink()
    assert refusal(config).file == str(config / "retention.toml")


@pytest.mark.parametrize(("folder", "word"), [("prompts", "prompt"), ("programs", "program")])
def test_an_empty_folder_is_named(config: Path, folder: str, word: str) -> None:
    shutil.rmtree(config / folder)
    error = refusal(config)
    assert error.file == str(config / folder)
    assert word in str(error)


def test_a_config_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nowhere")
    assert error.file == str(tmp_path / "nowhere")
    assert "IVR_CONFIG" in error.remedy


def test_asking_for_an_unknown_program_or_prompt_names_the_nearest() -> None:
    settings = load(CONFIG)
    with pytest.raises(ConfigurationError, match="did you mean 'prospecting'"):
        settings.program("prospection")
    with pytest.raises(ConfigurationError, match="did you mean 'goodbye'"):
        settings.prompt("goodby")
    assert settings.program("prospecting").name == "prospecting"
    assert settings.prompt("goodbye").version == "1"


def test_the_caps_of_the_schedules_come_from_the_rules(config: Path) -> None:
    edit(config / "profiles" / "fr-2026.toml", '"6 calendar months"', '"4 calendar months"')
    edit(config / "retention.toml", "keep = { months = 6 }\n", "")
    assert load(config).retention.schedule("quality_audio").periods[0].keep == Duration(months=4)


@pytest.mark.parametrize(
    ("cap", "kept"),
    [
        ("ASS-B-02.retention_years", Duration(months=24)),
        ("REC-005.event_record_kept_months", Duration(months=6)),
        ("REC-010.max_days", Duration(days=181)),
        ("ASS-B-04.on_refusal", Duration()),
        ("ASS-B-04.no_answer_max", Duration(months=1)),
    ],
)
def test_a_cap_may_be_written_in_years_months_days_or_at_once(config: Path, cap: str, kept: Duration) -> None:
    edit(config / "retention.toml", "REC-007.audio_quality_max", cap)
    edit(config / "retention.toml", "keep = { months = 6 }\n", "")
    assert load(config).retention.schedule("quality_audio").periods[0].keep == kept


def test_an_installation_says_which_languages_it_keeps_and_warns_of_what_it_does_not_ask(config: Path) -> None:
    assert load(config).ear.languages == ("fr",)
    english = load(config, IVR_EAR__LANGUAGES='["fr", "en"]')
    assert any("l'anglais est enregistré" in warning for warning in english.warnings())
    program = config / "programs" / "hotline-quality.toml"
    program.write_text(program.read_text("utf-8").replace('not_understood = "not-understood"', ""), "utf-8")
    assert any("prompts.not_understood" in warning for warning in load(config).warnings())


def test_a_program_of_an_earlier_version_which_says_purposes_is_read_alike(config: Path) -> None:
    today = load(config).programs["prospecting"]
    edit(config / "programs" / "prospecting.toml", "\nactivities =", "\npurposes =")
    assert load(config).programs["prospecting"] == today
    assert today.activities == ("sales",)


@pytest.mark.parametrize("named", ["activities", "purposes"])
def test_a_program_is_refused_under_the_name_that_its_key_bears_in_the_file(config: Path, named: str) -> None:
    edit(config / "programs" / "prospecting.toml", '\nactivities = ["sales"]', f'\n{named} = ["sales", "sails"]')
    error = refusal(config)
    assert (error.key, error.value) == (f"{named}.1", "sails")
