"""Frozen settings, parsed once from the config folder and the environment."""

from ivr.settings.loading import Settings, default_config_dir, load_settings
from ivr.settings.sections import (
    CallsSection,
    ClockSection,
    ControllerSection,
    DatabaseSection,
    EarSection,
    KeysSection,
    LawSection,
    LogSection,
    NodeSection,
    RecordingSection,
    RegistrarSection,
    RoutesSection,
    SipSection,
    StoreSection,
)

__all__ = [
    "CallsSection",
    "ClockSection",
    "ControllerSection",
    "DatabaseSection",
    "EarSection",
    "KeysSection",
    "LawSection",
    "LogSection",
    "NodeSection",
    "RecordingSection",
    "RegistrarSection",
    "RoutesSection",
    "Settings",
    "SipSection",
    "StoreSection",
    "default_config_dir",
    "load_settings",
]
