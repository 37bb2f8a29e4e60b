"""Makes what a node needs before it can run. Idempotent: what is there and whole is left alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import timedelta

from ivr.bootstrap.archive import check_keys, head_file, open_archive, refuse_second_kek
from ivr.bootstrap.certificates import open_certificates
from ivr.bootstrap.members import move_member_file, must_have_moved, open_members
from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.bootstrap.prompt_library import PromptLibrary
from ivr.bootstrap.quality import shelve_shipped
from ivr.bootstrap.retention import open_retention
from ivr.bootstrap.runtime import SystemClock
from ivr.bootstrap.single_instance import one_at_a_time
from ivr.domain.secret_bytes import clear
from ivr.errors import HostError, IvrError
from ivr.french import french
from ivr.services.vault.fixity import leftovers
from ivr.services.vault.key_rotation import retired_keks
from ivr.services.vault.uploads import waiting
from ivr.settings import Settings
from ivr.sip.message import LARGEST_BYTES
from ivr.speech.model import check_model, join_model
from ivr.speech.onnx_recogniser import check_onnx_model
from ivr.speech.second_reader.reader import SecondReader
from ivr.storage.evidence_reconciliation import table_faults

#: More than this on the local disk means that nothing has been moved for a while.
_MANY_WAITING = 500
#: A certificate that ends sooner than this is told of.
_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Check:
    """One thing that `ivr doctor` looked at. `remedy` is empty when it is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def install(settings: Settings) -> list[str]:
    """Create data folder, keys, database, speech model and prompts; returns what was made. Raises HostError."""
    made = []
    data_dir = settings.node.data_dir
    try:
        new = not data_dir.exists()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HostError(
            f"the data folder cannot be created: {error.strerror}",
            where=str(data_dir),
            remedy="choose another with node.data_dir (IVR_NODE__DATA_DIR), or mend its rights",
        ) from error
    if new:
        made.append(f"dossier de données {data_dir}")
    with one_at_a_time(settings):
        return made + _install(settings)


def _install(settings: Settings) -> list[str]:
    made: list[str] = []
    refuse_second_kek(settings)
    kek = settings.keys.kek_file.exists()
    archive = open_archive(settings, create=True)
    try:
        begun = archive.audit.begin_witness()
        archive.audit.must_be_whole()
        archive.persons.begin()
        moved = move_member_file(settings, archive)
        shelved = shelve_shipped(settings, archive, open_retention(settings, archive))
    finally:
        archive.close()
    if not kek:
        made.append(f"clé {settings.keys.kek_file}")
    if begun is not None:
        made.append(f"témoin des preuves {head_file(settings)}, à partir de l'événement {begun.seq}")
    made += moved
    made += [f"grille d'analyse {name}" for name in shelved]
    if settings.packaged_model_dir in (settings.model_dir, settings.aligner_dir):
        made += [f"fichier du modèle {name}" for name in join_model(settings.packaged_model_dir)]
    made += [f"message {name}" for name in PromptLibrary(settings).make()]
    return made


def examine(settings: Settings) -> list[Check]:
    """Look at everything a node needs; the remedy of what is wrong says what to do."""
    return [
        _try("dossier de données", lambda: _data_dir(settings)),
        _try("base de données, clés et coffre", lambda: _archive(settings)),
        _try("clé maîtresse", lambda: _kek(settings)),
        _try("stockage des enregistrements", lambda: _bucket(settings)),
        _try("restes d'un arrêt brutal", lambda: _leftovers(settings)),
        _try("objections en attente", lambda: _pending(settings)),
        _try("clés détruites", lambda: _wiped(settings)),
        _try("chaîne de preuves", lambda: _chain(settings)),
        _try("horloge", lambda: _clock(settings)),
        _try("modèle de parole", lambda: _model(settings)),
        _try("langues comprises", lambda: _languages(settings)),
        _try("second lecteur", _second_reader),
        _try("annonces et messages", lambda: _words(settings)),
        _try("messages vocaux", lambda: _prompts(settings)),
        _try("adhérents à identifier", lambda: _members(settings)),
        _try("certificats", lambda: _certificates(settings)),
        _try("fournisseur d'identité", lambda: _identity_provider(settings)),
        _try("messages SIP", _sip_limit),
    ]


def _try(name: str, look: object) -> Check:
    assert callable(look)
    try:
        return Check(name, True, str(look()))
    except IvrError as error:
        what = f"{french(error.where)} : {french(error.what)}" if error.where else french(error.what)
        return Check(name, False, what, french(error.remedy) or "lancez `ivr init`")


def _languages(settings: Settings) -> str:
    names = {"fr": "français", "en": "anglais"}
    known = " et ".join(names[language] for language in settings.ear.languages)
    return f"{known} ; ce qui est dit autrement n'est pas enregistré, une opposition est comprise en anglais aussi"


def _data_dir(settings: Settings) -> str:
    path = settings.node.data_dir
    if not path.is_dir():
        raise HostError("absent", where=str(path), remedy="lancez `ivr init`")
    if not os.access(path, os.W_OK):
        raise HostError("non inscriptible", where=str(path), remedy="corrigez ses droits")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        raise HostError(f"ouvert à tous ({mode:o})", where=str(path), remedy=f"chmod 700 {path}")
    return str(path)


def _archive(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        return f"{archive.database.name}, {archive.vault.ports.catalogue.count()} enregistrements"
    finally:
        archive.close()


def _kek(settings: Settings) -> str:
    """Make a key and open it again: the KEK is there, answers, and is the one that wraps."""
    archive = open_archive(settings)
    try:
        data_key, wrapped = archive.keys.new_data_key("doctor")
        if archive.keys.unwrap("doctor", wrapped) != data_key:
            raise HostError("la clé maîtresse rend une autre clé que celle qu'elle a reçue", remedy="prévenez le DPO")
        clear(data_key)
        check_keys(archive)
        now = SystemClock().now()
        retired = retired_keks(archive.keys, archive.key_table, backup_days=settings.keys.backup_days)
        unfinished = sum(one.keys for one in retired)
        if unfinished:
            raise HostError(
                f"un changement de clé est inachevé : {unfinished} clés restent sous l'ancienne",
                remedy="lancez `ivr keys rotate`",
            )
        due = [one.kek_id for one in retired if one.removable(now)]
        said = f"{archive.keys.kek_id}, {len(retired)} retirées"
        return f"{said} ; `ivr keys prune` peut détruire {', '.join(due)}" if due else said
    finally:
        archive.close()


def _bucket(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        far = archive.store.far
        if far is None:
            archive.store.must_be_writable()
            return str(settings.recording.store_dir)
        far.check()
        count = len(waiting(archive.vault.ports))
        if count > _MANY_WAITING:
            raise HostError(
                f"{count} enregistrements attendent d'être déplacés",
                where=far.where,
                remedy="lancez `ivr recordings upload`, et voyez pourquoi le nœud ne le fait pas",
            )
        return f"{far.where}, {count} en attente sur ce poste"
    finally:
        archive.close()


def _leftovers(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        left = leftovers(archive.vault.ports)
    finally:
        archive.close()
    if left:
        one = left[0]
        more = f" (et {len(left) - 1} autres)" if len(left) > 1 else ""
        raise HostError(f"enregistrement {one.recording_id} : {one.fault}{more}", remedy=one.remedy)
    return "aucun"


def _pending(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        waiting = archive.spool.waiting()
    finally:
        archive.close()
    if waiting:
        raise HostError(
            f"{waiting} actes dus à une opposition ne sont pas encore dans la base",
            where=str(settings.node.data_dir / "pending"),
            remedy="démarrez le nœud (`ivr serve`) : il les inscrit avant tout appel ; ne videz pas ce dossier",
        )
    return "aucune"


def _wiped(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        if not archive.vault.ports.catalogue.wipe_destroyed_keys():
            raise HostError(
                "les fichiers de la base gardent encore des clés détruites : un lecteur l'empêche",
                where=archive.database.name,
                remedy="terminez les transactions longues, puis relancez `ivr doctor`",
            )
        return "effacées des fichiers de la base"
    finally:
        archive.close()


def _chain(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        broken = archive.audit.verify() + table_faults(archive.database, limit=1)
    finally:
        archive.close()
    if broken:
        raise HostError(broken[0], remedy="lancez `ivr audit verify` et prévenez le DPO")
    return "intacte"


def _clock(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        fault = open_retention(settings, archive).clock.fault()
    finally:
        archive.close()
    if fault:
        raise HostError(
            f"rien n'est détruit tant que l'horloge contredit les preuves : {fault}",
            remedy="réglez l'horloge ; si elle est juste, `ivr retention run --clock-reason RAISON`",
        )
    return f"{SystemClock().now():%Y-%m-%d %H:%M} UTC, d'accord avec les preuves"


def _model(settings: Settings) -> str:
    if settings.aligner_dir is None:
        check_model(settings.model_dir)
        return f"Whisper : {settings.model_dir}"
    kind = check_onnx_model(settings.model_dir, settings.ear.compute_type)
    check_model(settings.aligner_dir)
    return f"{kind} : {settings.model_dir} ; langue, preuve et temps des mots : {settings.aligner_dir}"


def _second_reader() -> str:
    # Without it a node hears as well and acts more often on what objects to nothing.
    SecondReader.load()
    return "prêt"


def _members(settings: Settings) -> str:
    must_have_moved(settings)
    archive = open_archive(settings)
    try:
        if open_members(settings, archive) is None:
            return "aucun programme n'identifie l'appelant"
        head = archive.members.verify()
        return f"{head.count}, importés le {head.made_at.isoformat()}"
    finally:
        archive.close()


def _words(settings: Settings) -> str:
    refuse_unlawful_prompts(settings)
    return "disent ce que la loi demande, et ne demandent rien d'interdit"


def _prompts(settings: Settings) -> str:
    library = PromptLibrary(settings)
    library.check()
    stale = library.stale()
    if stale:
        raise HostError(stale[0].what, where=str(stale[0].path), remedy=stale[0].remedy)
    return f"{library.count} messages, dont {library.recorded_count} de voix enregistrée"


def _certificates(settings: Settings) -> str:
    found, now = open_certificates(settings).all(), SystemClock().now()
    for one in found:
        if one.not_after is None:
            raise HostError(one.fault, where=one.use)
        if one.not_after - now < _SOON:
            raise HostError(
                f"{one.use} expire le {one.not_after.date()}",
                remedy="renouvelez-le avant ce jour, puis redémarrez ce qui l'utilise",
            )
    return ", ".join(f"{one.use} jusqu'au {one.not_after:%Y-%m-%d}" for one in found) or "aucun n'est configuré ici"


def _identity_provider(settings: Settings) -> str:
    # What asks it is loaded where it is asked for: most commands ask nobody.
    from ivr.bootstrap.identity_provider import provider_state

    return provider_state(settings)


def _sip_limit() -> str:
    """Not a fault: a limit of the SIP library that explains refused calls (513)."""
    return f"moins de {LARGEST_BYTES} octets, sinon refus 513 ; placez Kamailio devant pour de plus longs (docs/sip.md)"
