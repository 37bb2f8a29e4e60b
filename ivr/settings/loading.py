"""Brings the parts together: one folder and one environment in, one frozen Settings out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ivr
from ivr.domain.access import AccessPolicy
from ivr.domain.call.party import Direction
from ivr.domain.consent.policy import sampling_warning
from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.endpointing import EndpointSettings
from ivr.domain.menu.menu import Menu
from ivr.domain.menu.program_menu import menu_spoken
from ivr.domain.profile import Profile
from ivr.domain.program.program import Program, Prompt, SpokenPrompt, spoken_prompts
from ivr.domain.queue.floor import Plan
from ivr.domain.recording.release_buffer import ReleaseSettings
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.rights.letter import Letter
from ivr.errors import ConfigurationError, nearest
from ivr.french import french
from ivr.settings.access import load_access
from ivr.settings.law import load_profile, load_retention
from ivr.settings.letters import load_letters
from ivr.settings.menus import check_program_menus, load_menus
from ivr.settings.programs import load_programs, load_prompts
from ivr.settings.queues import check_program_queues, load_queues
from ivr.settings.sections import (
    CallsSection,
    ClockSection,
    CommandLineSection,
    ConsoleSection,
    ControllerSection,
    DatabaseSection,
    EarSection,
    KeysSection,
    LogSection,
    NodeFile,
    NodeSection,
    RecordingSection,
    RoutesSection,
    SipSection,
    StoreSection,
    to_domain,
)
from ivr.settings.source import ENVIRONMENT, overlay, parse, read_toml, variable

NODE_FILE = "ivr.toml"


@dataclass(frozen=True)
class Settings:
    """Everything configurable, checked. Every path is absolute; `database.url` is never empty."""

    config_dir: Path
    node: NodeSection
    controller: ControllerSection
    sip: SipSection
    routes: RoutesSection
    calls: CallsSection
    clock: ClockSection
    hearing: HearingSettings
    endpoint: EndpointSettings
    release: ReleaseSettings
    ear: EarSection
    recording: RecordingSection
    store: StoreSection
    database: DatabaseSection
    keys: KeysSection
    log: LogSection
    programs: Mapping[str, Program]
    menus: Mapping[str, Menu]
    prompts: Mapping[str, Prompt]
    profile: Profile
    retention: RetentionTable
    access: AccessPolicy
    letters: Mapping[str, Letter]
    console: ConsoleSection
    command_line: CommandLineSection
    queues: Plan

    @property
    def model_dir(self) -> Path:
        """Of the recogniser."""
        return self.ear.model_dir or self.packaged_model_dir

    @property
    def packaged_model_dir(self) -> Path:
        """Of the Whisper that is installed with the engine."""
        return self.node.data_dir / "models" / "whisper-base"

    @property
    def aligner_dir(self) -> Path | None:
        """Of the Whisper that says what the recogniser cannot tell of its words; None: it can tell everything."""
        return self.packaged_model_dir if self.ear.recogniser == "onnx" else None

    def program(self, name: str) -> Program:
        """Raises ConfigurationError naming the nearest program when there is none of this name."""
        try:
            return self.programs[name]
        except KeyError:
            raise ConfigurationError(
                f"there is no program '{name}'",
                file=str(self.config_dir / "programs"),
                value=name,
                remedy=nearest(name, self.programs),
            ) from None

    def menu(self, name: str) -> Menu:
        """Raises ConfigurationError naming the nearest menu when there is none of this name."""
        try:
            return self.menus[name]
        except KeyError:
            raise ConfigurationError(
                f"there is no menu '{name}'",
                file=str(self.config_dir / "menus"),
                value=name,
                remedy=nearest(name, self.menus),
            ) from None

    def route(self, user: str) -> Program:
        """Return the program that answers a call to this user part of the called URI."""
        return self.programs[self.routes.users.get(user, self.routes.default)]

    def prompt(self, prompt_id: str) -> Prompt:
        """Raises ConfigurationError naming the nearest prompt when there is none of this id."""
        try:
            return self.prompts[prompt_id]
        except KeyError:
            raise ConfigurationError(
                f"there is no prompt '{prompt_id}'",
                file=str(self.config_dir / "prompts"),
                value=prompt_id,
                remedy=nearest(prompt_id, self.prompts),
            ) from None

    def spoken(self) -> tuple[SpokenPrompt, ...]:
        """Return everything that the programs and their menus say, as each of them says it."""
        said: list[SpokenPrompt] = []
        for program in self.programs.values():
            said += spoken_prompts(program, self.prompts)
            if program.menu in self.menus:
                said += menu_spoken(program, self.menus[program.menu], self.prompts)
        return tuple(said)

    def warnings(self) -> tuple[str, ...]:
        """Return, in French, what the operator should read when the node starts."""
        rates = (sampling_warning(program, self.profile) for program in self.programs.values())
        found = [french(warning) for warning in rates if warning]
        if self.controller.name == ControllerSection().name:
            found.append(
                f"Les annonces nomment « {self.controller.name} », un organisme fictif : réglez controller.name dans "
                f"{self.config_dir / NODE_FILE}."
            )
        found += [
            f"Programme « {program.name} » : qui parle une autre langue n'est plus enregistré, et rien ne lui est "
            "demandé ; réglez prompts.not_understood."
            for program in self.programs.values()
            if not program.prompts.not_understood
        ]
        if "en" in self.ear.languages:
            found.append(
                "ear.languages : l'anglais est enregistré, et seules des règles y reconnaissent une opposition "
                "(docs/ear/README.md)."
            )
        oidc = self.console.oidc
        if oidc.issuer and not (oidc.acr or oidc.amr):
            found.append(
                "console.oidc : ni acr ni amr n'est exigé ; un seul facteur chez le fournisseur, un mot de passe par "
                "exemple, suffit à entrer dans la console (docs/console/oidc.md)."
            )
        return tuple(warning for warning in found if warning)


def default_config_dir(env: Mapping[str, str]) -> Path:
    """Return $IVR_CONFIG, or the config folder beside the package."""
    chosen = env.get("IVR_CONFIG", "")
    return Path(chosen) if chosen else Path(ivr.__file__).resolve().parent.parent / "config"


def load_settings(config_dir: Path, env: Mapping[str, str], *, menus: bool = True) -> Settings:
    """Read and check the whole configuration; with `menus` False all but the menus, for who looks at them one by one.

    IVR_SECTION__KEY variables of `env` win over ivr.toml. A relative data_dir starts beside the config folder; other
    relative paths start in data_dir. Raises ConfigurationError naming file, key, value and fix.
    """
    config_dir = config_dir.expanduser().absolute()
    from_env: frozenset[str] = frozenset()
    try:
        written = read_toml(config_dir / NODE_FILE) if (config_dir / NODE_FILE).exists() else {}
        merged, from_env = overlay(written, NodeFile, env)
        return _load(config_dir, merged, menus=menus)
    except ConfigurationError as error:
        blamed = {error.key, error.key.rpartition(".")[0]} & from_env
        if error.file != str(config_dir / NODE_FILE) or not blamed:
            raise
        raise ConfigurationError(
            error.what, file=ENVIRONMENT, key=variable(blamed.pop()), value=error.value, remedy=error.remedy
        ) from None


def _load(config_dir: Path, merged: dict[str, Any], *, menus: bool) -> Settings:
    if not config_dir.is_dir():
        raise ConfigurationError(
            "this config folder does not exist", file=str(config_dir), remedy="set IVR_CONFIG to a folder with ivr.toml"
        )
    node_path = config_dir / NODE_FILE
    node_file = parse(NodeFile, merged, file=str(node_path))
    _check_hearing(node_file, str(node_path))
    profile = load_profile(config_dir / "profiles", node_file.law.profile, file=str(node_path))
    retention = load_retention(config_dir / "retention.toml", profile)
    prompts = load_prompts(config_dir / "prompts", controller=node_file.controller.name)
    programs = load_programs(config_dir / "programs", prompts=prompts, profile=profile, retention=retention)
    queues = load_queues(config_dir / "queues.toml")
    check_program_queues(programs, queues, prompts, config_dir / "programs")
    served = load_menus(config_dir / "menus", prompts=prompts, programs=programs) if menus else {}
    if menus:
        check_program_menus(programs, served, queues.queues, prompts, config_dir)
    _check_routes(node_file.routes, programs, str(node_path))
    hearing: Any = node_file.hearing
    settings = Settings(
        config_dir=config_dir,
        node=node_file.node,
        controller=node_file.controller,
        sip=node_file.sip,
        routes=node_file.routes,
        calls=node_file.calls,
        clock=node_file.clock,
        hearing=to_domain(HearingSettings, hearing),
        endpoint=to_domain(EndpointSettings, hearing.endpoint),
        release=to_domain(ReleaseSettings, hearing.tape),
        ear=node_file.ear,
        recording=node_file.recording,
        store=node_file.store,
        database=node_file.database,
        keys=node_file.keys,
        log=node_file.log,
        programs=programs,
        menus=served,
        prompts=prompts,
        profile=profile,
        retention=retention,
        access=load_access(config_dir / "access.toml", retention),
        letters=load_letters(config_dir / "letters"),
        console=node_file.console,
        command_line=node_file.command_line,
        queues=queues,
    )
    return _with_paths(settings)


def _check_hearing(node_file: NodeFile, file: str) -> None:
    hearing: Any = node_file.hearing
    endpoint = to_domain(EndpointSettings, hearing.endpoint)

    def refuse(key: str, value: int, what: str, remedy: str) -> None:
        raise ConfigurationError(what, file=file, key=key, value=value, remedy=remedy)

    if endpoint.onset_voiced > endpoint.onset_window:
        refuse(
            "hearing.endpoint.onset_voiced",
            endpoint.onset_voiced,
            "more voiced frames are asked for than the window holds, so no speech would ever be heard",
            f"write at most onset_window, {endpoint.onset_window}",
        )
    if hearing.vad_delay_ms < endpoint.delay_ms:
        refuse(
            "hearing.vad_delay_ms",
            hearing.vad_delay_ms,
            "speech could be cleared before its onset is noticed",
            f"write at least onset_window * 20 + pad_ms, {endpoint.delay_ms}",
        )
    if hearing.tape.lookback_ms < hearing.mask_before_ms:
        refuse(
            "hearing.tape.lookback_ms",
            hearing.tape.lookback_ms,
            "forbidden data could be written before it is masked",
            f"write at least mask_before_ms, {hearing.mask_before_ms}",
        )
    if hearing.overlap_ms >= hearing.piece_max_ms:
        refuse(
            "hearing.overlap_ms",
            hearing.overlap_ms,
            "long speech would be judged again for ever",
            f"write less than piece_max_ms, {hearing.piece_max_ms}",
        )


def _check_routes(routes: RoutesSection, programs: Mapping[str, Program], file: str) -> None:
    for key, name in {
        "routes.default": routes.default,
        **{f"routes.users.{u}": n for u, n in routes.users.items()},
    }.items():
        if name not in programs:
            raise ConfigurationError(
                f"there is no program '{name}'", file=file, key=key, value=name, remedy=nearest(name, programs)
            )
        if programs[name].direction is not Direction.INBOUND:
            inbound = [p.name for p in programs.values() if p.direction is Direction.INBOUND]
            raise ConfigurationError(
                f"program '{name}' places calls, it does not answer them",
                file=file,
                key=key,
                value=name,
                remedy=nearest(name, inbound),
            )


def _with_paths(settings: Settings) -> Settings:
    beside = settings.config_dir.parent
    data_dir = (beside / settings.node.data_dir.expanduser()).absolute()
    registrar = settings.sip.registrar
    password_file = registrar.password_file and data_dir / registrar.password_file.expanduser()
    model_dir = settings.ear.model_dir and data_dir / settings.ear.model_dir.expanduser()
    keys, store, console = settings.keys, settings.store, settings.console

    def there(path: Path | None) -> Path | None:
        return path and data_dir / path.expanduser()

    return replace(
        settings,
        node=settings.node.model_copy(update={"data_dir": data_dir}),
        sip=settings.sip.model_copy(
            update={"registrar": registrar.model_copy(update={"password_file": password_file})}
        ),
        ear=settings.ear.model_copy(update={"model_dir": model_dir}),
        recording=settings.recording.model_copy(update={"store_dir": data_dir / settings.recording.store_dir}),
        database=settings.database.model_copy(
            update={"url": settings.database.url or f"sqlite:///{data_dir / 'ivr.sqlite3'}"}
        ),
        store=store.model_copy(
            update={"credentials_file": there(store.credentials_file), "ca_file": there(store.ca_file)}
        ),
        console=console.model_copy(
            update={
                "tls_cert_file": there(console.tls_cert_file),
                "tls_key_file": there(console.tls_key_file),
                "oidc": console.oidc.model_copy(
                    update={
                        "client_secret_file": there(console.oidc.client_secret_file),
                        "ca_file": there(console.oidc.ca_file),
                    }
                ),
            }
        ),
        keys=keys.model_copy(
            update={
                "kek_file": there(keys.kek_file),
                "retired_dir": there(keys.retired_dir),
                "openbao": keys.openbao.model_copy(
                    update={"token_file": there(keys.openbao.token_file), "ca_file": there(keys.openbao.ca_file)}
                ),
            }
        ),
    )
