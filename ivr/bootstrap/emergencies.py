"""Builds the switches of menus' emergency messages on the database of a house."""

from __future__ import annotations

from ivr.bootstrap.archive import Archive
from ivr.services.ports.menu import EmergencyBook
from ivr.storage.emergencies import SqlEmergencyBook


def open_emergencies(archive: Archive) -> EmergencyBook:
    return SqlEmergencyBook(archive.database, archive.audit)
