"""Builds the queues of a house on its database."""

from __future__ import annotations

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.runtime import SingleThreadExecutor, SystemClock, new_id
from ivr.services.ports.queue import QueueBook
from ivr.services.ports.runtime import LiveFeed
from ivr.services.queue.desk import QueueDesk
from ivr.settings import Settings
from ivr.storage.queues import SqlQueueBook


def open_queues(settings: Settings, archive: Archive) -> QueueBook:
    return SqlQueueBook(archive.database, settings.queues)


def queue_desk(
    settings: Settings, archive: Archive, executor: SingleThreadExecutor, index: int, feed: LiveFeed
) -> QueueDesk:
    """The queues as one process of a line sees them: what an earlier one has left is not its own."""
    return QueueDesk(
        open_queues(settings, archive),
        settings.queues,
        owner=f"{settings.node.id}/{index}/{new_id()}",
        clock=SystemClock(),
        executor=executor,
        feed=feed,
    )
