"""The sections of config/ivr.toml: what they may hold, and the embedded defaults."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    field_validator,
    model_validator,
)

from ivr.domain.access import Role
from ivr.domain.evidence.clock_check import ClockBounds
from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.endpointing import EndpointSettings
from ivr.domain.recording.release_buffer import ReleaseSettings
from ivr.settings.oidc import OidcSection
from ivr.settings.source import OptionalPath, Section

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Codec = Literal["PCMA", "PCMU", "G722"]
T = TypeVar("T")


class NodeSection(Section):
    id: Name = "node-1"
    data_dir: Path = Path("var")
    lines: int = Field(default=1, ge=1, le=64)
    ears: int = Field(default=1, ge=1, le=64)
    clerk: bool = True
    sweep_every_s: float = Field(default=3600.0, ge=1, le=86_400)
    evidence_check_s: float = Field(default=10.0, ge=0.1, le=3600)


class ControllerSection(Section):
    """`name` carries its French article; prompts say it as {controller}. `address` and `dpo` (how to reach them)
    stand in letters and in the register of processing."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=80, strip_whitespace=True)] = "la Mutuelle Exemple"
    address: Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)] = ""
    dpo: Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)] = ""


class LawSection(Section):
    profile: Name = "fr-2026"


class RegistrarSection(Section):
    """`uri` empty: the line does not register. `password_file` holds the digest password alone."""

    uri: str = ""
    username: str = ""
    realm: str = "*"
    password_file: Path | None = None
    expires_s: int = Field(default=300, ge=30, le=86400)

    @field_validator("uri")
    @classmethod
    def _sip_uri(cls, value: str) -> str:
        if value and not value.startswith(("sip:", "sips:")):
            raise ValueError("write a SIP URI, e.g. sip:pbx.example.org")
        return value

    @field_validator("password_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _whole(self) -> RegistrarSection:
        if self.uri and not (self.username and self.password_file):
            raise ValueError("a registrar needs username and password_file")
        return self


class SipSection(Section):
    """`bind` is an address of this machine; line n listens on `port` + n and takes its share of the RTP range.

    `port` 0 takes any free one; an RTP range of 0 to 0 lets the system choose. `max_calls` 0 takes as many per line as
    the SIP library has. `edges` are addresses that speak for many peers (a dispatcher, an SBC): the bounds of one
    source do not hold for them. `asserted_by` are addresses whose P-Asserted-Identity is believed.
    """

    bind: str = "0.0.0.0"
    port: Port = 5060
    tcp: bool = True
    public_address: str = ""
    rtp_port_min: Port = 10000
    rtp_port_max: Port = 10999
    codecs: tuple[Codec, ...] = Field(default=("PCMA", "PCMU", "G722"), min_length=1)
    srtp: Literal["off", "optional", "mandatory"] = "off"
    max_calls: int = Field(default=0, ge=0, le=1000)
    rtp_source: Literal["negotiated", "first"] = "negotiated"
    rtp_timeout_s: float = Field(default=30.0, ge=0)
    ack_timeout_s: float = Field(default=5.0, ge=1, le=32)
    edges: tuple[str, ...] = ()
    asserted_by: tuple[str, ...] = ()
    calls_per_source: int = Field(default=0, ge=0, le=1000)
    connections_per_source: int = Field(default=8, ge=1, le=32)
    connection_idle_s: float = Field(default=120.0, ge=5, le=3600)
    registrar: RegistrarSection = RegistrarSection()

    @field_validator("edges", "asserted_by")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ipaddress.ip_address(one)) for one in value)
        except ValueError:
            raise ValueError('write IP addresses, e.g. ["192.0.2.10"]') from None

    @field_validator("bind")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError("write an IP address, e.g. 0.0.0.0 (every network) or 127.0.0.1") from None
        return value

    @model_validator(mode="after")
    def _range(self) -> SipSection:
        if (self.rtp_port_min, self.rtp_port_max) != (0, 0) and self.rtp_port_max - self.rtp_port_min < 7:
            raise ValueError("the RTP range holds at least 8 ports: raise rtp_port_max or lower rtp_port_min")
        return self


class RoutesSection(Section):
    """Which program answers an inbound call: by the called user part, or the default."""

    default: str = "hotline-quality"
    users: dict[str, str] = Field(default_factory=dict)


class CallsSection(Section):
    """`quiet_timeout_s` ends a call on which nobody has spoken for so long; `settle_timeout_s` is how long the last
    words of a call may wait for the ear after its end; `close_timeout_s` how long a far end has when the node stops."""

    quiet_timeout_s: float = Field(default=60.0, gt=0)
    settle_timeout_s: float = Field(default=120.0, gt=0)
    close_timeout_s: float = Field(default=15.0, gt=0, le=30)


class ClockSection(Section):
    """How far a clock may be from the evidence before anything is destroyed by it: longest silence, and behind it."""

    ahead_days: float = Field(default=7.0, gt=1, le=366)
    behind_s: float = Field(default=300.0, ge=1, le=86_400)

    @property
    def bounds(self) -> ClockBounds:
        return ClockBounds(timedelta(days=self.ahead_days), timedelta(seconds=self.behind_s))


class EarSection(Section):
    """`model_dir` None: models/whisper-base in the data directory; an onnx recogniser has no default. `deadline_s` is
    how long a piece may wait.

    `languages` count as understood: what is said in any other is not stored.
    """

    recogniser: Literal["whisper", "onnx"] = "whisper"
    model_dir: Path | None = None
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: Literal["int8", "int8_float32", "float32", "float16", "int8_float16"] = "int8"
    threads: int = Field(default=2, ge=1, le=64)
    queue_bound: int = Field(default=32, ge=1, le=10_000)
    deadline_s: float = Field(default=8.0, gt=0, le=60)
    languages: tuple[Literal["fr", "en"], ...] = ("fr",)

    @field_validator("languages")
    @classmethod
    def _french_among_them(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "fr" not in value or len(set(value)) < len(value):
            raise ValueError('write "fr", and at most "en" besides')
        return value

    @field_validator("model_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _onnx_names_its_model(self) -> EarSection:
        if self.recogniser == "onnx" and self.model_dir is None:
            raise ValueError("an onnx recogniser needs model_dir, the folder of its model")
        return self


class RecordingSection(Section):
    codec: Literal["opus", "alaw"] = "opus"
    store_dir: Path = Path("recordings")


class DatabaseSection(Section):
    url: str = ""

    @field_validator("url")
    @classmethod
    def _supported(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
            raise ValueError("write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME")
        return value


class OpenBaoSection(Section):
    """An OpenBao or Vault server whose transit engine wraps the data keys. `token_file` holds the token alone."""

    url: str = ""
    mount: Name = "transit"
    key: Name = "ivr"
    token_file: OptionalPath = None
    ca_file: OptionalPath = None
    timeout_s: float = Field(default=5.0, gt=0, le=60)

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("write the server's URL, e.g. https://bao.example.org:8200")
        return value.rstrip("/")


class KeysSection(Section):
    """`backup_days` bounds how long backups of the database may live: a retired KEK is removed no sooner."""

    provider: Literal["file", "openbao"] = "file"
    kek_file: Path = Path("keys/kek")
    retired_dir: Path = Path("keys/retired")
    backup_days: int = Field(default=35, ge=0, le=366)
    openbao: OpenBaoSection = OpenBaoSection()

    @model_validator(mode="after")
    def _whole(self) -> KeysSection:
        if self.provider == "openbao" and not (self.openbao.url and self.openbao.token_file):
            raise ValueError("provider openbao needs openbao.url and openbao.token_file")
        return self


class StoreSection(Section):
    """Where sealed recordings go. Live capture always writes to recording.store_dir first.

    `endpoint` empty: AWS itself. `credentials_file` is TOML with access_key_id and secret_access_key, mode 0600.
    `object_lock` keeps the object undeletable until its deadline; the bucket must have been made with it.
    """

    kind: Literal["local", "s3"] = "local"
    bucket: str = ""
    prefix: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?$")] = ""
    endpoint: str = ""
    region: str = "eu-west-3"
    credentials_file: OptionalPath = None
    ca_file: OptionalPath = None
    object_lock: Literal["off", "governance", "compliance"] = "off"
    part_mib: int = Field(default=8, ge=5, le=1024)
    timeout_s: float = Field(default=30.0, gt=0, le=600)

    @field_validator("endpoint")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("write the endpoint's URL, e.g. https://s3.example.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> StoreSection:
        if self.kind == "s3" and not (self.bucket and self.credentials_file):
            raise ValueError("a store of kind s3 needs bucket and credentials_file")
        return self


class ConsoleSection(Section):
    """The web console, a process of its own. It speaks HTTP beyond this machine only through a proxy, else HTTPS.

    `public_url` empty: the address it listens at. `proxies` are addresses whose X-Forwarded-For is believed.
    `token_days`: how long a token of the API lives at most; 0: there are none.
    """

    enabled: bool = True
    bind: str = "127.0.0.1"
    port: Port = 8090
    public_url: str = ""
    tls_cert_file: OptionalPath = None
    tls_key_file: OptionalPath = None
    proxies: tuple[str, ...] = ()
    idle_minutes: int = Field(default=30, ge=1, le=240)
    session_hours: int = Field(default=12, ge=1, le=24)
    token_days: int = Field(default=90, ge=0, le=90)
    oidc: OidcSection = OidcSection()

    @field_validator("bind")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError("write an IP address, e.g. 127.0.0.1 (this machine alone)") from None

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ipaddress.ip_address(one)) for one in value)
        except ValueError:
            raise ValueError('write IP addresses, e.g. ["192.0.2.10"]') from None

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        # Browsers take a console on this machine by its name for a safe one, and allow passkeys there.
        if value and not re.fullmatch(r"(https://[a-z0-9.-]+|http://localhost)(:\d{1,5})?/?", value):
            raise ValueError("write the console's address without a path, e.g. https://console.example.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> ConsoleSection:
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ValueError("write both tls_cert_file and tls_key_file, or none")
        if not ipaddress.ip_address(self.bind).is_loopback and not (self.tls_cert_file or self.proxies):
            raise ValueError("beyond this machine the console needs tls_cert_file and tls_key_file, or proxies")
        if self.proxies and not self.public_url:
            raise ValueError("behind a proxy the console needs public_url, the address that browsers ask for")
        if self.oidc.issuer and not self.public_url:
            raise ValueError("with oidc.issuer the console needs public_url, the address that browsers come back to")
        return self


class CommandLineSection(Section):
    """`role` is the role of config/access.toml in which commands act that do not say --role."""

    role: Role = Role.DPO


class LogSection(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


def _from_dataclass(name: str, kind: type[Any], **extra: Any) -> type[BaseModel]:
    """Return a section with the fields of a domain dataclass: whole numbers of at least one."""
    fields: dict[str, Any] = {
        field.name: (Annotated[int, Field(ge=1)], field.default) for field in dataclasses.fields(kind)
    }
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields, **extra)


EndpointModel = _from_dataclass("EndpointModel", EndpointSettings)
ReleaseModel = _from_dataclass("ReleaseModel", ReleaseSettings)
HearingModel = _from_dataclass(
    "HearingModel", HearingSettings, endpoint=(EndpointModel, EndpointModel()), tape=(ReleaseModel, ReleaseModel())
)


def to_domain(kind: type[T], section: BaseModel) -> T:
    """Build a domain dataclass from the section that holds its fields."""
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(section, name) for name in names})


class NodeFile(Section):
    """The whole of config/ivr.toml."""

    node: NodeSection = NodeSection()
    controller: ControllerSection = ControllerSection()
    law: LawSection = LawSection()
    sip: SipSection = SipSection()
    routes: RoutesSection = RoutesSection()
    calls: CallsSection = CallsSection()
    clock: ClockSection = ClockSection()
    hearing: HearingModel = HearingModel()  # type: ignore[valid-type]
    ear: EarSection = EarSection()
    recording: RecordingSection = RecordingSection()
    store: StoreSection = StoreSection()
    database: DatabaseSection = DatabaseSection()
    keys: KeysSection = KeysSection()
    console: ConsoleSection = ConsoleSection()
    command_line: CommandLineSection = CommandLineSection()
    log: LogSection = LogSection()
